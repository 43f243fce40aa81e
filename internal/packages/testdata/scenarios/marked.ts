import { Marked, marked } from "marked";
import { equal, run } from "../check";

run({
  async "markdown becomes HTML"() {
    equal(await marked("# Hi *you*\n\n- a\n- [x] b\n\n`c < d`"), '<h1>Hi <em>you</em></h1>\n<ul>\n<li>a</li>\n<li><input checked="" disabled="" type="checkbox"> b</li>\n</ul>\n<p><code>c &lt; d</code></p>\n');
    equal(marked.parse("|a|b|\n|-|:-:|\n|1|2|", { async: false }), '<table>\n<thead>\n<tr>\n<th>a</th>\n<th align="center">b</th>\n</tr>\n</thead>\n<tbody><tr>\n<td>1</td>\n<td align="center">2</td>\n</tr>\n</tbody></table>\n');
    equal(marked.parseInline("https://example.com **b** &amp; 😀"), '<a href="https://example.com">https://example.com</a> <strong>b</strong> &amp; 😀');
  },
  async "renderers, extensions, asynchronous tokens"() {
    const own = new Marked({ async: true, renderer: { link({ href, text }) { return `<a class="own" href="${href}">${text}</a>`; } }, walkTokens: async (token) => { if (token.type === "code") token.text = await Promise.resolve(token.text.toUpperCase()); } });
    equal(await own.parse("[a](/b)\n\n```\ncode\n```"), '<p><a class="own" href="/b">a</a></p>\n<pre><code>CODE\n</code></pre>\n');
  },
});
