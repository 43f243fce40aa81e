import jwt from "jsonwebtoken";

export default { fetch: () => new Response(jwt.sign({ sub: "ann" }, "secret")) };
