import Redis from "ioredis";

const redis = new Redis();
export default { fetch: async () => new Response(await redis.get("key")) };
