import { nanoid } from "nanoid";
import { z } from "zod";

const Message = z.object({ room: z.string().min(1), text: z.string().max(10), sent: z.coerce.date().optional() });

export default {
  async fetch(request) {
    const result = Message.safeParse(await request.json());
    if (!result.success) return Response.json(result.error.issues.map(({ path, code }) => [path.join("."), code]), { status: 400 });
    return Response.json({ ...result.data, id: nanoid(), other: nanoid(10) });
  },
};
