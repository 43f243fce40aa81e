import { isNameCharacter, tokenize } from "./tokenize.js";

// A part of a pattern (URL Pattern Standard, section 2.1.1) is { type, value, modifier, name, prefix, suffix }. The types are
// "fixed" (a text), "regexp", "segment" (the shortest text without delimiter) and "full" (any text). The modifiers are "", "?",
// "*" and "+". A pattern is parsed with options: a segment ends at a delimiter, and a prefix before a group belongs to it.

const escapeRegExp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, "\\$&");

// escapePattern returns the pattern that matches only a text.
export const escapePattern = (text) => text.replace(/[+*?:{}()\\]/g, "\\$&");

const fullWildcard = ".*";
const segmentWildcard = ({ delimiter }) => `[^${escapeRegExp(delimiter)}]+?`;

// parse returns the parts of a pattern. encode brings a text into the form that it has in a URL.
export function parse(pattern, options, encode) {
  return new Parser(pattern, options, encode).parse();
}

class Parser {
  #pattern;
  #tokens;
  #at = 0;
  #options;
  #encode;
  #parts = [];
  #fixed = ""; // text that is not in parts yet
  #names = new Set();
  #nextNumber = 0; // the name of the next group without a name

  constructor(pattern, options, encode) {
    this.#pattern = pattern;
    this.#tokens = tokenize(pattern);
    this.#options = options;
    this.#encode = encode;
  }

  parse() {
    while (this.#at < this.#tokens.length) {
      const char = this.#accept("char");
      const name = this.#accept("name");
      const matcher = this.#acceptMatcher(name);
      if (name || matcher) {
        let prefix = char?.value ?? "";
        if (prefix !== this.#options.prefix) {
          this.#fixed += prefix;
          prefix = "";
        }
        this.#addFixed();
        this.#add(prefix, name, matcher, "", this.#acceptModifier());
        continue;
      }
      const text = char ?? this.#accept("escaped");
      if (text) this.#fixed += text.value;
      else if (this.#accept("open")) this.#parseGroup();
      else {
        this.#addFixed();
        this.#require("end");
      }
    }
    return this.#parts;
  }

  #parseGroup() {
    const prefix = this.#acceptText();
    const name = this.#accept("name");
    const matcher = this.#acceptMatcher(name);
    const suffix = this.#acceptText();
    this.#require("close");
    this.#add(prefix, name, matcher, suffix, this.#acceptModifier());
  }

  #accept(type) {
    const token = this.#tokens[this.#at];
    if (token?.type !== type) return undefined;
    this.#at++;
    return token;
  }

  #require(type) {
    if (this.#accept(type)) return;
    const { value, index } = this.#tokens[this.#at];
    throw new TypeError(`the pattern "${this.#pattern}" has an unexpected "${value}" at position ${index}`);
  }

  // acceptMatcher accepts what follows a name, or is a group without a name.
  #acceptMatcher(name) {
    return this.#accept("regexp") ?? (name ? undefined : this.#accept("asterisk"));
  }

  #acceptModifier() {
    return (this.#accept("modifier") ?? this.#accept("asterisk"))?.value ?? "";
  }

  #acceptText() {
    let text = "";
    for (let token; (token = this.#accept("char") ?? this.#accept("escaped")); ) text += token.value;
    return text;
  }

  #addFixed() {
    if (this.#fixed === "") return;
    const value = this.#encode(this.#fixed);
    this.#fixed = "";
    this.#parts.push({ type: "fixed", value, modifier: "", name: "", prefix: "", suffix: "" });
  }

  #add(prefix, name, matcher, suffix, modifier) {
    if (!name && !matcher && modifier === "") {
      this.#fixed += prefix;
      return;
    }
    this.#addFixed();
    if (!name && !matcher) {
      if (prefix !== "") this.#parts.push({ type: "fixed", value: this.#encode(prefix), modifier, name: "", prefix: "", suffix: "" });
      return;
    }
    const { type, value } = this.#meaningOf(matcher);
    const unique = name ? name.value : `${this.#nextNumber++}`;
    if (this.#names.has(unique)) throw new TypeError(`the pattern "${this.#pattern}" has two groups with the name "${unique}"`);
    this.#names.add(unique);
    this.#parts.push({ type, value, modifier, name: unique, prefix: this.#encode(prefix), suffix: this.#encode(suffix) });
  }

  #meaningOf(matcher) {
    if (matcher?.type === "asterisk" || matcher?.value === fullWildcard) return { type: "full", value: "" };
    if (!matcher || matcher.value === segmentWildcard(this.#options)) return { type: "segment", value: "" };
    return { type: "regexp", value: matcher.value };
  }
}

// compile returns a regular expression for parts, and the names of its groups (URL Pattern Standard, section 2.1.5).
export function compile(parts, options) {
  const names = [];
  let source = "^";
  for (const { type, value, modifier, name, prefix, suffix } of parts) {
    if (type === "fixed") {
      source += modifier === "" ? escapeRegExp(value) : `(?:${escapeRegExp(value)})${modifier}`;
      continue;
    }
    names.push(name);
    const group = type === "segment" ? segmentWildcard(options) : type === "full" ? fullWildcard : value;
    const [before, after] = [escapeRegExp(prefix), escapeRegExp(suffix)];
    const isRepeated = modifier === "*" || modifier === "+";
    if (before === "" && after === "") source += isRepeated ? `((?:${group})${modifier})` : `(${group})${modifier}`;
    else if (!isRepeated) source += `(?:${before}(${group})${after})${modifier}`;
    else source += `(?:${before}((?:${group})(?:${after}${before}(?:${group}))*)${after})${modifier === "*" ? "?" : ""}`;
  }
  return { regexp: newRegExp(source + "$", options.ignoreCase ? "i" : ""), names };
}

// newRegExp makes a regular expression with the flag v, or with the flag u if that is not possible: with v the engine refuses
// characters such as "-" not only where classes have a new meaning for them.
function newRegExp(source, flags) {
  try {
    return new RegExp(source, flags + "v");
  } catch {
    return new RegExp(source, flags + "u");
  }
}

const isNumber = (name) => name[0] >= "0" && name[0] <= "9";
const first = (text) => String.fromCodePoint(text.codePointAt(0));

// format returns the pattern of parts in its normal form (URL Pattern Standard, section 2.1.6).
export function format(parts, options) {
  let pattern = "";
  parts.forEach((part, i) => {
    const { type, value, modifier, name, prefix, suffix } = part;
    if (type === "fixed") {
      pattern += modifier === "" ? escapePattern(value) : `{${escapePattern(value)}}${modifier}`;
      return;
    }
    const before = parts[i - 1];
    const isNamed = !isNumber(name);
    const isGrouped = needsBraces(part, before, parts[i + 1], options);
    pattern += isGrouped ? "{" : "";
    pattern += escapePattern(prefix);
    if (isNamed) pattern += ":" + name;
    if (type === "regexp") pattern += `(${value})`;
    else if (type === "segment" && !isNamed) pattern += `(${segmentWildcard(options)})`;
    else if (type === "full") {
      const isClear = !before || before.type === "fixed" || before.modifier !== "" || isGrouped || prefix !== "";
      pattern += !isNamed && isClear ? "*" : `(${fullWildcard})`;
    }
    if (type === "segment" && isNamed && suffix !== "" && isNameCharacter(first(suffix), false)) pattern += "\\";
    pattern += escapePattern(suffix) + (isGrouped ? "}" : "") + modifier;
  });
  return pattern;
}

// needsBraces reports whether a group must be in braces, so that it is separate from the parts around it.
function needsBraces({ type, modifier, name, prefix, suffix }, before, after, options) {
  if (suffix !== "" || (prefix !== "" && prefix !== options.prefix)) return true;
  if (type === "segment" && modifier === "" && !isNumber(name) && after && after.prefix === "" && after.suffix === "") {
    if (after.type === "fixed" ? isNameCharacter(first(after.value), false) : isNumber(after.name)) return true;
  }
  return prefix === "" && before?.type === "fixed" && options.prefix !== "" && before.value.endsWith(options.prefix);
}
