import { tokenize } from "./tokenize.js";

// parseConstructorString returns the URLPatternInit of a pattern for a whole URL, such as "https://*.example.com/rooms/:id"
// (URL Pattern Standard, section 1.6). matchesSpecial reports whether a pattern of a protocol matches a special scheme.
export function parseConstructorString(input, matchesSpecial) {
  return new Parser(input, matchesSpecial).parse();
}

// The components in the order in which a URL has them. A change of the state that skips one of them makes it empty.
const upTo = (last) => {
  const states = ["protocol", "authority", "username", "password", "hostname", "port", "pathname", "search", "hash"];
  return states.slice(0, states.indexOf(last) + 1);
};
const beforeHostname = upTo("password");
const beforePathname = upTo("port");
const beforeSearch = upTo("pathname");

class Parser {
  #input;
  #tokens;
  #matchesSpecial;
  #result = {};
  #state = "init";
  #start = 0; // the token with which the component begins
  #at = 0;
  #step = 1; // how many tokens to advance
  #depth = 0; // of groups in braces
  #brackets = 0; // of an IPv6 address
  #isSpecial = false; // the protocol matches a special scheme

  constructor(input, matchesSpecial) {
    this.#input = input;
    this.#tokens = tokenize(input, true);
    this.#matchesSpecial = matchesSpecial;
  }

  parse() {
    for (; this.#at < this.#tokens.length; this.#at += this.#step) {
      this.#step = 1;
      const { type } = this.#tokens[this.#at];
      if (type === "end") {
        if (!this.#end()) break;
      } else if (type === "open") {
        this.#depth++;
      } else if (this.#depth > 0 && type !== "close") {
        continue;
      } else {
        if (this.#depth > 0) this.#depth--;
        this.#advance();
      }
    }
    if (this.#result.hostname !== undefined) this.#result.port ??= "";
    return this.#result;
  }

  // end handles the end of the input. It returns false if nothing is left to do.
  #end() {
    if (this.#state === "init") {
      this.#rewind();
      if (this.#isHashPrefix()) this.#change("hash", 1);
      else if (this.#isSearchPrefix()) this.#change("search", 1);
      else this.#change("pathname", 0);
      return true;
    }
    if (this.#state === "authority") {
      this.#rewind("hostname");
      return true;
    }
    this.#change("done", 0);
    return false;
  }

  #advance() {
    switch (this.#state) {
      case "init":
        if (this.#is(":")) this.#rewind("protocol");
        break;
      case "protocol":
        if (this.#is(":")) this.#endProtocol();
        break;
      case "authority":
        if (this.#is("@")) this.#rewind("username");
        else if (this.#is("/") || this.#isSearchPrefix() || this.#isHashPrefix()) this.#rewind("hostname");
        break;
      case "username":
        if (this.#is(":")) this.#change("password", 1);
        else if (this.#is("@")) this.#change("hostname", 1);
        break;
      case "password":
        if (this.#is("@")) this.#change("hostname", 1);
        break;
      case "hostname":
        if (this.#is("[")) this.#brackets++;
        else if (this.#is("]")) this.#brackets--;
        else if (this.#is(":") && this.#brackets === 0) this.#change("port", 1);
        else this.#enterPath();
        break;
      default:
        this.#enterPath();
    }
  }

  // enterPath enters the pathname, the search or the hash, if it begins here and is after the current component.
  #enterPath() {
    const { length } = upTo(this.#state);
    if (length < upTo("pathname").length && this.#is("/")) this.#change("pathname", 0);
    else if (length < upTo("search").length && this.#isSearchPrefix()) this.#change("search", 1);
    else if (length < upTo("hash").length && this.#isHashPrefix()) this.#change("hash", 1);
  }

  #endProtocol() {
    this.#isSpecial = this.#matchesSpecial(this.#component());
    if (this.#is("/", 1) && this.#is("/", 2)) this.#change("authority", 3);
    else this.#change(this.#isSpecial ? "authority" : "pathname", 1);
  }

  #change(state, skipped) {
    const last = this.#state;
    const result = this.#result;
    if (last !== "init" && last !== "authority") result[last] = this.#component();
    if (last !== "init" && state !== "done") {
      const isOneOf = (...states) => states.includes(state);
      if (beforeHostname.includes(last) && isOneOf("port", "pathname", "search", "hash")) result.hostname ??= "";
      if (beforePathname.includes(last) && isOneOf("search", "hash")) result.pathname ??= this.#isSpecial ? "/" : "";
      if (beforeSearch.includes(last) && isOneOf("hash")) result.search ??= "";
    }
    this.#state = state;
    this.#at += skipped;
    this.#start = this.#at;
    this.#step = 0;
  }

  #rewind(state = this.#state) {
    this.#at = this.#start;
    this.#step = 0;
    this.#state = state;
  }

  #component() {
    return this.#input.slice(this.#tokens[this.#start].index, this.#tokens[this.#at].index);
  }

  // is reports whether a token stands for a character itself.
  #is(character, offset = 0) {
    const token = this.#tokens[this.#at + offset];
    return token?.value === character && ["char", "escaped", "invalid"].includes(token.type);
  }

  #isHashPrefix() {
    return this.#is("#");
  }

  // isSearchPrefix reports whether a question mark begins the search. After a group it is a modifier.
  #isSearchPrefix() {
    if (this.#is("?")) return true;
    if (this.#tokens[this.#at].value !== "?") return false;
    const before = this.#tokens[this.#at - 1];
    return !before || !["name", "regexp", "close", "asterisk"].includes(before.type);
  }
}
