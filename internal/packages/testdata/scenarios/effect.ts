import { Data, Duration, Effect, Fiber, pipe, Ref, Schedule, Schema, Stream } from "effect";
import { equal, fails, run } from "../check";

class NotFound extends Data.TaggedError("NotFound")<{ id: number }> {}

run({
  async "effects, errors, retries"() {
    const find = (id: number): Effect.Effect<string, NotFound> => (id === 1 ? Effect.succeed("ann") : Effect.fail(new NotFound({ id })));
    equal(await Effect.runPromise(Effect.gen(function* () { return `hello ${yield* find(1)}`; })), "hello ann");
    equal(await Effect.runPromise(find(2).pipe(Effect.catchTag("NotFound", (error) => Effect.succeed(`no ${error.id}`)))), "no 2");
    let tries = 0;
    equal(await Effect.runPromise(Effect.suspend(() => (++tries < 3 ? Effect.fail("no") : Effect.succeed(tries))).pipe(Effect.retry(Schedule.recurs(5)))), 3);
    await fails(() => Effect.runPromise(Effect.die(new Error("defect"))), "defect");
  },
  async "concurrency and time"() {
    equal(await Effect.runPromise(Effect.all([1, 2, 3].map((n) => Effect.delay(Effect.succeed(n), Duration.millis(4 - n))), { concurrency: "unbounded" })), [1, 2, 3]);
    equal(await Effect.runPromise(Effect.gen(function* () {
      const ref = yield* Ref.make(0), fiber = yield* Effect.forkChild(Ref.update(ref, (n) => n + 1).pipe(Effect.repeat(Schedule.recurs(4))));
      yield* Fiber.join(fiber);
      return yield* Ref.get(ref);
    })), 5);
  },
  async "schemas and streams"() {
    const User = Schema.Struct({ name: Schema.String, age: Schema.NumberFromString });
    equal({ ...Schema.decodeUnknownSync(User)({ name: "ann", age: "7" }) }, { name: "ann", age: 7 });
    await fails(() => Schema.decodeUnknownSync(User)({ name: 1 }), "Expected string");
    equal(await Effect.runPromise(pipe(Stream.range(1, 5), Stream.map((n) => n * n), Stream.filter((n) => n % 2 === 1), Stream.runCollect)), [1, 9, 25]);
  },
});
