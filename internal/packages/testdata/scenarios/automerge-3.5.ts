import * as Automerge from "automerge-3.5";

export default { fetch: () => Response.json(Automerge.from({ text: "hello" })) };
