test("timers fire in order of time, then of creation", async () => {
  const log = [];
  setTimeout(() => log.push("late"), 20);
  setTimeout(() => log.push("a"), 5);
  setTimeout((...args) => log.push(...args), 5, "b", "c");
  await sleep(20);
  equal(log, ["a", "b", "c", "late"]);
});

test("ids are positive and unique", () => {
  const [a, b] = [setTimeout(() => {}), setInterval(() => {}, 5)];
  ok(Number.isInteger(a) && a > 0 && b > a, "ids must increase");
  clearInterval(b);
});

test("an interval repeats until it is cleared, even by itself", async () => {
  let ticks = 0;
  const id = setInterval(() => { if (++ticks === 3) clearInterval(id); }, 10);
  await sleep(100);
  equal(ticks, 3);
});

test("both clear functions clear any timer, and ignore other values", async () => {
  let fired = 0;
  clearInterval(setTimeout(() => fired++, 1));
  clearTimeout(setInterval(() => fired++, 1));
  clearTimeout(); clearTimeout(null); clearTimeout(12345); clearTimeout({}); clearTimeout("x");
  await sleep(10);
  equal(fired, 0);
});

test("delays are clamped", async () => {
  const before = delays().length;
  for (const delay of [undefined, -5, NaN, "7", 2 ** 40, 1.9, {}]) clearTimeout(setTimeout(() => {}, delay));
  clearInterval(setInterval(() => {}, 0));
  equal(delays().slice(before), [0, 0, 0, 7, 2 ** 31 - 1, 1, 0, 1]);
});

test("callbacks are called on the global object", async () => {
  let self;
  setTimeout(function () { self = this; });
  await sleep(1);
  ok(self === globalThis, "this must be the global object");
});

test("a timer without a function is an error", () => {
  throws(() => setTimeout("code"), "TypeError", "strings are not evaluated");
  throws(() => setInterval(), "TypeError", "1 argument");
});

test("performance.now returns the time since the start", async () => {
  const before = performance.now();
  await sleep(250);
  equal(performance.now() - before, 250);
  ok(Math.abs(performance.timeOrigin - Date.now()) < 60_000, "timeOrigin must be a wall-clock time");
  equal(Object.keys(performance.toJSON()), ["timeOrigin"]);
});
