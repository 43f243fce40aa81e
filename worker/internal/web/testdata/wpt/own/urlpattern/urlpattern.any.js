// The cases of urlpatterntestdata.json of web-platform-tests. Each has the arguments of the constructor (pattern) and of test
// and exec (inputs); the patterns of the components, as far as they differ from the given ones (expected_obj); and the result
// of exec, without the components that match the empty text (expected_match). The file was written for this repository,
// because the set contains only the cases.
const components = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];

// What keeps a component from being inherited from the base URL, besides itself.
const precedents = {
  protocol: [],
  username: [],
  password: [],
  hostname: ["protocol"],
  port: ["protocol", "hostname"],
  pathname: ["protocol", "hostname", "port"],
  search: ["protocol", "hostname", "port", "pathname"],
  hash: ["protocol", "hostname", "port", "pathname", "search"],
};

// expectedPattern returns the pattern that a component must have if the case does not name one.
function expectedPattern(name, { pattern, exactly_empty_components: empty = [] }) {
  const [input = {}, second] = pattern;
  if (empty.includes(name)) return "";
  if (typeof input === "object" && input[name]) return input[name];
  if (typeof input === "object" && precedents[name].some((other) => other in input)) return "*";
  const base = input.baseURL ?? (typeof second === "string" ? second : undefined);
  if (base === undefined || name === "username" || name === "password") return "*";
  const value = new URL(base)[name];
  return name === "protocol" ? value.slice(0, -1) : name === "search" || name === "hash" ? value.slice(1) : value;
}

// expectedResult returns the result that exec must have for a component.
function expectedResult(name, { expected_match: match, exactly_empty_components: empty = [] }) {
  const { input, groups } = match[name] ?? { input: "", groups: empty.includes(name) ? {} : { 0: "" } };
  // JSON has no undefined: null stands for it.
  return { input, groups: Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, value ?? undefined])) };
}

function check(entry) {
  const { pattern, inputs = [], expected_obj: expected, expected_match: match } = entry;
  if (expected === "error") {
    assert_throws_js(TypeError, () => new URLPattern(...pattern), "new URLPattern");
    return;
  }
  const urlPattern = new URLPattern(...pattern);
  for (const name of components) assert_equals(urlPattern[name], expected?.[name] ?? expectedPattern(name, entry), name);
  if (match === "error") {
    assert_throws_js(TypeError, () => urlPattern.test(...inputs), "test");
    assert_throws_js(TypeError, () => urlPattern.exec(...inputs), "exec");
    return;
  }
  assert_equals(urlPattern.test(...inputs), Boolean(match), "test");
  const result = urlPattern.exec(...inputs);
  if (typeof match !== "object" || match === null) {
    assert_equals(result, match ?? null, "exec");
    return;
  }
  const wanted = match.inputs ?? inputs;
  assert_equals(result.inputs.length, wanted.length, "the number of inputs");
  result.inputs.forEach((input, i) => {
    if (typeof input === "string") assert_equals(input, wanted[i], "an input");
    else assert_object_equals(input, wanted[i], "an input");
  });
  for (const name of components) assert_object_equals(result[name], expectedResult(name, entry), name);
}

promise_test(async () => {
  const entries = await (await fetch("resources/urlpatterntestdata.json")).json();
  for (const entry of entries) {
    if (typeof entry === "object") test(() => check(entry), `${JSON.stringify(entry.pattern)} with ${JSON.stringify(entry.inputs)}`);
  }
}, "the cases can be loaded");
