import { define, host } from "shared";
import { matcher, option, required, service } from "./service.js";

export const Segmenter = service("Segmenter", {
  read(given) {
    const options = required(given);
    matcher(options);
    return { granularity: option(options, "granularity", ["grapheme", "word", "sentence"]) ?? "grapheme" };
  },
  methods: {
    segment: (state, input) => Segments.create(String(input), state.options.granularity),
  },
});

// Segments are the segments of a text, which are found when the first of them is needed.
class Segments {
  static create(input, granularity) {
    const segments = Object.create(Segments.prototype);
    contents.set(segments, { input, granularity, lengths: undefined });
    return segments;
  }

  containing(index) {
    const content = contentOf(this);
    const position = Math.trunc(Number(index)) || 0;
    if (position < 0 || position >= content.input.length) return undefined;
    for (let i = 0, start = 0; ; i++) {
      const end = start + Math.abs(lengthsOf(content)[i]);
      if (position < end) return segment(content, i, start);
      start = end;
    }
  }

  [Symbol.iterator]() {
    const iterator = Object.create(iteratorPrototype);
    positions.set(iterator, { content: contentOf(this), i: 0, start: 0 });
    return iterator;
  }
}
delete Segments.prototype.constructor;

const contents = new WeakMap(), positions = new WeakMap();

function contentOf(segments) {
  const content = contents.get(segments);
  if (content === undefined) throw new TypeError("the receiver does not have segments");
  return content;
}

// lengthsOf returns the lengths of the segments. That of a word without letters and digits is negative.
const lengthsOf = (content) => (content.lengths ??= host.intlSegments(content.input, content.granularity));

function segment({ input, granularity, lengths }, i, index) {
  const result = { segment: input.slice(index, index + Math.abs(lengths[i])), index, input };
  if (granularity === "word") result.isWordLike = lengths[i] > 0;
  return result;
}

const iteratorPrototype = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
define(iteratorPrototype, {
  next() {
    const position = positions.get(this);
    if (position === undefined) throw new TypeError("the receiver is not an iterator of segments");
    const { content, i, start } = position;
    if (start >= content.input.length) return { value: undefined, done: true };
    position.start += Math.abs(lengthsOf(content)[i]);
    position.i++;
    return { value: segment(content, i, start), done: false };
  },
});
Object.defineProperty(iteratorPrototype, Symbol.toStringTag, { value: "Segmenter String Iterator", configurable: true });
