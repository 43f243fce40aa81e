// The cases of data-urls.json and base64.json of web-platform-tests. The file was written for this repository, because the
// set contains only the cases.
const read = async (name) => (await fetch(`resources/${name}`)).json();

const bytesOf = async (url) => Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()));

promise_setup(async () => {
  for (const [url, type, content] of await read("data-urls.json")) {
    promise_test(async (t) => {
      if (type === null) return promise_rejects_js(t, TypeError, fetch(url));
      const response = await fetch(url);
      assert_equals(response.status, 200);
      assert_equals(response.headers.get("Content-Type"), type);
      assert_array_equals(await bytesOf(url), content);
    }, JSON.stringify(url));
  }
  for (const [input, content] of await read("base64.json")) {
    promise_test(async (t) => {
      const url = `data:;base64,${input}`;
      if (content === null) return promise_rejects_js(t, TypeError, fetch(url));
      assert_array_equals(await bytesOf(url), content);
    }, `base64 ${JSON.stringify(input)}`);
  }
});
