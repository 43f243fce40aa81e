import { BehaviorSubject, bufferCount, catchError, combineLatest, concatMap, debounceTime, delay, firstValueFrom, from, fromEvent, interval, lastValueFrom, map, merge, mergeMap, of, ReplaySubject, retry, scan, share, Subject, switchMap, take, takeUntil, throwError, timeout, timer, toArray } from "rxjs";
import { webSocket } from "rxjs/webSocket";
import { fromFetch } from "rxjs/fetch";
import { equal, fails, run } from "../check";

addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", ({ source, data }) => source.send(JSON.stringify({ echo: JSON.parse(String(data)) })));

run({
  async "operators"() {
    equal(await lastValueFrom(from([1, 2, 3, 4, 5]).pipe(map((n) => n * n), scan((a, b) => a + b), bufferCount(2), toArray())), [[1, 5], [14, 30], [55]]);
    equal(await lastValueFrom(of("a", "b").pipe(concatMap((x) => timer(1).pipe(map(() => x))), toArray())), ["a", "b"]);
    equal(await lastValueFrom(merge(of(1).pipe(delay(5)), of(2)).pipe(toArray())), [2, 1]);
    equal(await firstValueFrom(combineLatest([of(1, 2), from(Promise.resolve("x"))])), [2, "x"]);
  },
  async "time"() {
    equal(await lastValueFrom(interval(1).pipe(take(3), toArray())), [0, 1, 2]);
    await fails(() => lastValueFrom(new Subject().pipe(timeout(5))), "Timeout has occurred");
    const typed = new Subject<string>();
    const last = firstValueFrom(typed.pipe(debounceTime(2)));
    for (const text of ["a", "ab", "abc"]) typed.next(text);
    equal(await last, "abc");
  },
  async "errors"() {
    let tries = 0;
    equal(await lastValueFrom(of(1).pipe(mergeMap(() => (++tries < 3 ? throwError(() => new Error("no")) : of("yes"))), retry(5))), "yes");
    equal(await lastValueFrom(throwError(() => new Error("no")).pipe(catchError((error) => of(error.message)))), "no");
  },
  async "subjects"() {
    const state = new BehaviorSubject(1), replay = new ReplaySubject<number>(2), stop = new Subject<void>(), seen: number[] = [];
    state.pipe(switchMap((n) => of(n, -n)), takeUntil(stop), share()).subscribe((n) => seen.push(n));
    state.next(2);
    stop.next();
    state.next(3);
    equal([seen, state.value], [[1, -1, 2, -2], 3]);
    for (const n of [1, 2, 3]) replay.next(n);
    replay.complete();
    equal(await lastValueFrom(replay.pipe(toArray())), [2, 3]);
  },
  async "events of an EventTarget"() {
    const target = new EventTarget(), all = lastValueFrom(fromEvent(target, "x").pipe(take(2), map((event) => event.type), toArray()));
    target.dispatchEvent(new Event("x"));
    target.dispatchEvent(new Event("x"));
    equal(await all, ["x", "x"]);
  },
  async "a WebSocket to another server"(request) {
    const closeObserver = new Subject<CloseEvent>(), closed = firstValueFrom(closeObserver);
    const socket = webSocket<any>({ url: request.url.replace("http", "ws"), closeObserver });
    const answers = lastValueFrom(socket.pipe(take(2), toArray()));
    socket.next("a");
    socket.next({ b: 1 });
    equal(await answers, [{ echo: "a" }, { echo: { b: 1 } }]);
    equal((await closed).wasClean, true);
  },
  async "a fetch"() {
    equal(await firstValueFrom(fromFetch("data:text/plain,hello").pipe(switchMap((response) => response.text()))), "hello");
  },
});
