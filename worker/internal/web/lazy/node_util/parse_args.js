import { nodeError, wrongType } from "lazy/node_errors";

const unknown = (name) => nodeError(TypeError, "ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${name}'`);
const invalid = (message) => nodeError(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", message);

// parseArgs parses command-line arguments to options and positionals.
export function parseArgs({ args = [], options = {}, strict = true, allowPositionals = !strict, allowNegative = false, tokens: withTokens = false } = {}) {
  if (!Array.isArray(args)) throw wrongType("args", "an array", args);
  const values = { __proto__: null };
  const positionals = [];
  const tokens = tokensOf(args.map(String), options);
  for (const token of tokens) {
    if (token.kind === "option") store(values, token, options, strict, allowNegative);
    if (token.kind !== "positional") continue;
    if (!allowPositionals) {
      throw nodeError(TypeError, "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", `Unexpected argument '${token.value}'. This command does not take positional arguments`);
    }
    positionals.push(token.value);
  }
  for (const [name, option] of Object.entries(options)) if (option.default !== undefined) values[name] ??= option.default;
  return withTokens ? { values, positionals, tokens } : { values, positionals };
}

// tokensOf returns the options, positionals and the terminator "--" of arguments.
function tokensOf(args, options) {
  const tokens = [];
  const takesValue = (name) => options[name]?.type === "string";
  const long = (letter) => Object.keys(options).find((name) => options[name].short === letter) ?? letter;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const index = i;
    if (arg === "--") {
      tokens.push({ kind: "option-terminator", index }, ...args.slice(i + 1).map((value, n) => ({ kind: "positional", index: i + 1 + n, value })));
      break;
    }
    if (arg.startsWith("--")) {
      const at = arg.indexOf("=");
      const name = arg.slice(2, at < 0 ? undefined : at);
      const inlineValue = at >= 0;
      const value = inlineValue ? arg.slice(at + 1) : takesValue(name) && i + 1 < args.length ? args[++i] : undefined;
      tokens.push({ kind: "option", name, rawName: `--${name}`, index, value, inlineValue: value === undefined ? undefined : inlineValue });
    } else if (arg.length > 1 && arg[0] === "-") {
      for (let at = 1; at < arg.length; at++) {
        const name = long(arg[at]);
        const token = { kind: "option", name, rawName: `-${arg[at]}`, index, value: undefined, inlineValue: undefined };
        tokens.push(token);
        if (!takesValue(name)) continue;
        token.inlineValue = at + 1 < arg.length;
        token.value = token.inlineValue ? arg.slice(at + 1) : args[++i];
        break;
      }
    } else {
      tokens.push({ kind: "positional", index, value: arg });
    }
  }
  return tokens;
}

// store sets the value of an option.
function store(values, { name, rawName, value }, options, strict, allowNegative) {
  if (allowNegative && name.startsWith("no-") && options[name.slice(3)]?.type === "boolean") {
    values[name.slice(3)] = false;
    return;
  }
  const option = options[name];
  if (strict && option === undefined) throw unknown(rawName);
  if (strict && option.type === "string" && value === undefined) throw invalid(`Option '${rawName} <value>' argument missing`);
  if (strict && option.type === "boolean" && value !== undefined) throw invalid(`Option '${rawName}' does not take an argument`);
  const result = value ?? true;
  if (option?.multiple) (values[name] ??= []).push(result);
  else values[name] = result;
}
