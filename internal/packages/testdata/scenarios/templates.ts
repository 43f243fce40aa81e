import { gunzipSync, gzipSync, strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import Handlebars from "handlebars";
import i18next from "i18next";
import Mustache from "mustache";
import { equal, run } from "../check";

run({
  "handlebars compiles templates with Function"() {
    const template = Handlebars.compile("{{#each users}}<li>{{name}}{{#if admin}} (admin){{/if}}</li>{{else}}none{{/each}}");
    equal(template({ users: [{ name: "<ann>", admin: true }, { name: "bob" }] }), "<li>&lt;ann&gt; (admin)</li><li>bob</li>");
    equal(template({}), "none");
    Handlebars.registerHelper("loud", (text: string) => text.toUpperCase());
    equal(Handlebars.compile("{{loud name}}")({ name: "ann" }), "ANN");
  },
  "mustache"() {
    equal(Mustache.render("{{#users}}{{name}}, {{/users}}{{^users}}none{{/users}}{{{raw}}}", { users: [{ name: "a" }, { name: "<" }], raw: "<b>" }), "a, &lt;, <b>");
  },
  async "i18next"() {
    await i18next.init({ lng: "de", fallbackLng: "en", resources: { en: { translation: { hi: "hi {{name}}", user_one: "{{count}} user", user_other: "{{count}} users", only: "only" } }, de: { translation: { hi: "hallo {{name}}", user_one: "{{count}} Nutzer", user_other: "{{count}} Nutzer" } } } });
    equal([i18next.t("hi", { name: "ann" }), i18next.t("only"), i18next.getFixedT("en")("user", { count: 1 }), i18next.getFixedT("en")("user", { count: 2 })], ["hallo ann", "only", "1 user", "2 users"]);
  },
  "fflate"() {
    equal(strFromU8(gunzipSync(gzipSync(strToU8("hello ".repeat(100))))), "hello ".repeat(100));
    equal(strFromU8(unzipSync(zipSync({ "a.txt": strToU8("text") }))["a.txt"]), "text");
  },
});
