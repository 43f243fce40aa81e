import { customAlphabet, nanoid, urlAlphabet } from "nanoid";
import { decodeTime, monotonicFactory, ulid } from "ulid";
import { NIL, parse, stringify, v1, v3, v4, v5, v6, v7, validate, version } from "uuid";
import { equal, holds, run } from "../check";

const many = (create: () => string) => Array.from({ length: 200 }, create);

run({
  "nanoid"() {
    const ids = many(() => nanoid());
    equal(new Set(ids).size, 200);
    holds(ids.every((id) => id.length === 21 && [...id].every((c) => urlAlphabet.includes(c))), "21 characters of the alphabet");
    holds(/^[01]{40}$/.test(customAlphabet("01", 40)()), "40 digits 0 and 1");
    equal(nanoid(10).length, 10);
  },
  "uuid"() {
    equal(new Set(many(() => v4())).size, 200);
    equal([v1(), v4(), v6(), v7()].map(version), [1, 4, 6, 7]);
    const sorted = many(() => v7());
    equal([...sorted].sort(), sorted);
    equal(v5("www.example.com", v5.DNS), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    equal(v3("www.example.com", v3.DNS), "5df41881-3aed-3515-88a7-2f4a814cf09e");
    equal([validate(NIL), validate("no"), stringify(parse(v5.URL))], [true, false, v5.URL]);
  },
  "ulid"() {
    const now = Date.now();
    const ids = many(() => ulid());
    equal(new Set(ids).size, 200);
    holds(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id) && Math.abs(decodeTime(id) - now) < 60_000), "ids of this minute");
    const next = monotonicFactory();
    const sorted = many(() => next(1000));
    equal([...sorted].sort(), sorted);
  },
});
