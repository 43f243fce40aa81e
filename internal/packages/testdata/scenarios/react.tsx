/** @jsxImportSource react */
import { Suspense, use, useId, useState } from "react";
import { renderToReadableStream, renderToStaticMarkup, renderToString } from "react-dom/server";
import { equal, holds, run } from "../check";

function Counter({ start }: { start: number }) {
  const [count] = useState(start);
  return <p id={useId()} className="count" style={{ marginTop: 3 }}>{count} &lt; {"<b>"}</p>;
}

function Later({ value }: { value: Promise<string> }) {
  return <b>{use(value)}</b>;
}

run({
  "components become HTML"() {
    equal(renderToStaticMarkup(<ul>{["a", "b"].map((name) => <li key={name}>{name}</li>)}</ul>), "<ul><li>a</li><li>b</li></ul>");
    holds(/^<p id="[^"]+" class="count" style="margin-top:3px">5<!-- --> &lt; <!-- -->&lt;b&gt;<\/p>$/.test(renderToString(<Counter start={5} />)), "the component");
  },
  async "a stream"() {
    const value = new Promise<string>((resolve) => setTimeout(resolve, 5, "later"));
    const stream = await renderToReadableStream(<html><body><Suspense fallback={<i>wait</i>}><Later value={value} /></Suspense></body></html>);
    const text = await new Response(stream).text();
    holds(text.startsWith("<!DOCTYPE html><html>") && text.includes("<i>wait</i>") && text.includes("<b>later</b>"), `a page, got ${text}`);
  },
  async "errors"() {
    const failing = () => { throw new Error("no"); }, Failing = failing as () => null;
    const stream = await renderToReadableStream(<Failing />, { onError() {} }).catch((error) => error.message);
    equal(stream, "no");
  },
});
