const nameStart = /^[$_\p{ID_Start}]$/u;
const namePart = /^[$_\u200C\u200D\p{ID_Continue}]$/u;

// isNameCharacter reports whether a character may be in a name, or begin one.
export const isNameCharacter = (character, first) => (first ? nameStart : namePart).test(character);

const single = { "*": "asterisk", "+": "modifier", "?": "modifier", "{": "open", "}": "close" };

// tokenize returns the tokens of a pattern, { type, index, value } (URL Pattern Standard, section 2.1.2). If lenient is true,
// what is not valid becomes a token of the type "invalid" instead of causing an exception.
export function tokenize(pattern, lenient = false) {
  const tokens = [];
  const add = (type, index, value) => tokens.push({ type, index, value });
  let at = 0;
  const refuse = (next, why) => {
    if (!lenient) throw new TypeError(`the pattern "${pattern}" ${why} at position ${at}`);
    add("invalid", at, pattern.slice(at, next));
    at = next;
  };
  while (at < pattern.length) {
    const character = String.fromCodePoint(pattern.codePointAt(at));
    const next = at + character.length;
    if (Object.hasOwn(single, character)) {
      add(single[character], at, character);
      at = next;
    } else if (character === "\\") {
      if (next === pattern.length) {
        refuse(next, "ends with a backslash");
        continue;
      }
      const escaped = String.fromCodePoint(pattern.codePointAt(next));
      add("escaped", at, escaped);
      at = next + escaped.length;
    } else if (character === ":") {
      const end = endOfName(pattern, next);
      if (end === next) {
        refuse(next, "has no name after the colon");
        continue;
      }
      add("name", at, pattern.slice(next, end));
      at = end;
    } else if (character === "(") {
      const { end, why } = endOfGroup(pattern, next);
      if (why) {
        refuse(next, why);
        continue;
      }
      add("regexp", at, pattern.slice(next, end));
      at = end + 1;
    } else {
      add("char", at, character);
      at = next;
    }
  }
  add("end", pattern.length, "");
  return tokens;
}

function endOfName(pattern, start) {
  let end = start;
  while (end < pattern.length) {
    const character = String.fromCodePoint(pattern.codePointAt(end));
    if (!isNameCharacter(character, end === start)) break;
    end += character.length;
  }
  return end;
}

// endOfGroup returns the position of the parenthesis that closes the regular expression that begins at start, or why there
// is none. Groups in it must not capture.
function endOfGroup(pattern, start) {
  let depth = 1;
  for (let i = start; i < pattern.length; i++) {
    const character = pattern[i];
    if (character > "\x7f") return { why: "has a character in a regular expression that is not ASCII," };
    if (i === start && character === "?") return { why: 'has a regular expression that begins with "?"' };
    if (character === "\\") {
      if (i + 1 === pattern.length || pattern[i + 1] > "\x7f") return { why: "has an invalid escape in a regular expression" };
      i++;
    } else if (character === ")") {
      if (--depth === 0) return i === start ? { why: "has an empty regular expression" } : { end: i };
    } else if (character === "(") {
      depth++;
      if (pattern[i + 1] !== "?") return { why: "has a capturing group in a regular expression" };
    }
  }
  return { why: "has a regular expression that is not closed" };
}
