/** @jsxImportSource preact */
import { createContext } from "preact";
import { useContext, useId, useMemo, useState } from "preact/hooks";
import { lazy, Suspense } from "preact/compat";
import { render, renderToStringAsync } from "preact-render-to-string";
import { renderToReadableStream } from "preact-render-to-string/stream";
import { equal, holds, run } from "../check";

const Theme = createContext("light");

function Page({ users }: { users: string[] }) {
  const [count] = useState(() => users.length);
  const theme = useContext(Theme);
  const title = useMemo(() => `${count} users`, [count]);
  return <main class={theme} data-id={useId()} style={{ color: "red", marginTop: 3 }}><h1>{title}</h1>{users.map((user) => <li key={user}>{user}</li>)}<><br /></></main>;
}

const Later = lazy(async () => ({ default: () => <b>later</b> }));

run({
  "components become HTML"() {
    equal(render(<Theme.Provider value="dark"><Page users={["ann", "<bob>"]} /></Theme.Provider>).replace(/ data-id="[^"]+"/, ""), '<main style="color:red;margin-top:3px;" class="dark"><h1>2 users</h1><li>ann</li><li>&lt;bob></li><br/></main>');
    equal(render(<div dangerouslySetInnerHTML={{ __html: "<i>raw</i>" }} />), "<div><i>raw</i></div>");
  },
  async "lazy components"() {
    equal(await renderToStringAsync(<Suspense fallback="wait"><Later /></Suspense>), "<!--$s--><b>later</b><!--/$s-->");
  },
  async "a stream"() {
    const text = await new Response(renderToReadableStream(<html><body><Page users={["eve"]} /></body></html>)).text();
    holds(text.includes("<li>eve</li>") && text.startsWith("<html>") && text.endsWith("</html>"), `a page, got ${text}`);
  },
});
