// What people have written.
import type { Account } from "./accounts";
import { query } from "./database";

export interface Message { id: number; name: string; text: string; at: Date }

/** The number of messages that are read at once. */
export const pageSize = 50;

/** Stores a message, and returns it as readers receive it. */
export async function add(room: string, { id, name }: Account, text: string): Promise<Message> {
  const [{ id: message, at }] = await query<Message>("INSERT INTO messages (room, author, text) VALUES ($1, $2, $3) RETURNING id, at", [room, id, text]);
  return { id: message, name, text, at };
}

/** Returns the last messages of a room before the one with an id, the oldest first. */
export async function last(room: string, before = Number.MAX_SAFE_INTEGER): Promise<Message[]> {
  const messages = await query<Message>(
    `SELECT messages.id, name, text, at FROM messages JOIN accounts ON accounts.id = author
     WHERE room = $1 AND messages.id < $2 ORDER BY messages.id DESC LIMIT $3`, [room, before, pageSize]);
  return messages.reverse();
}
