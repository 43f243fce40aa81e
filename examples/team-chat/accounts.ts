// The people who may sign in.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { query } from "./database";

export interface Account { id: number; name: string }

interface Stored extends Account { salt: Buffer; hash: Buffer }

const hashOf = promisify<string, Buffer, number, Buffer>(scrypt);

/** Returns the account with a name, or undefined if the password is not its own. The first password for a name creates the account. */
export async function signIn(name: string, password: string): Promise<Account | undefined> {
  const [known] = await query<Stored>("SELECT id, name, salt, hash FROM accounts WHERE name = $1", [name]);
  if (!known) return create(name, password);
  const isRight = timingSafeEqual(await hashOf(password, known.salt, known.hash.length), known.hash);
  return isRight ? { id: known.id, name } : undefined;
}

// create returns undefined if another request has created an account with the same name in the meantime.
async function create(name: string, password: string): Promise<Account | undefined> {
  const salt = randomBytes(16);
  const [created] = await query<Account>(
    "INSERT INTO accounts (name, salt, hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id, name",
    [name, salt, await hashOf(password, salt, 32)]);
  return created;
}
