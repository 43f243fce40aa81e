import { Agent, callable, getAgentByName, getCurrentAgent, routeAgentRequest, type Connection, type StreamingResponse } from "agents";

interface Env { TaskList: DurableObjectNamespace<TaskList> }

interface State { tasks: string[]; done: number }

/** A list of tasks whose state the clients see. */
export class TaskList extends Agent<Env, State> {
  initialState: State = { tasks: [], done: 0 };
  #starts = 0;

  async onStart() {
    this.#starts = ((await this.ctx.storage.get<number>("starts")) ?? 0) + 1;
    await this.ctx.storage.put("starts", this.#starts);
    this.sql`CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, line TEXT)`;
  }

  validateStateChange(state: State, source: Connection | "server") {
    if (source !== "server" && state.tasks.length > 3) throw new Error("too many tasks");
  }

  onStateChanged(state: State, source: Connection | "server") {
    this.#log(`${source === "server" ? "server" : "client"} ${state.tasks.length}`);
  }

  onConnect(connection: Connection) {
    connection.send(`hello from ${this.name}`);
  }

  onMessage(connection: Connection, message: string | ArrayBuffer) {
    connection.send(`echo ${message}`);
  }

  async onRequest(request: Request) {
    return Response.json({ name: this.name, method: request.method, body: await request.text(), log: this.lines() });
  }

  @callable()
  add(task: string) {
    this.setState({ ...this.state, tasks: [...this.state.tasks, task] });
    return this.state.tasks.length;
  }

  @callable()
  async finish(task: string) {
    if (!this.state.tasks.includes(task)) throw new Error(`there is no task ${task}`);
    this.setState({ tasks: this.state.tasks.filter((other) => other !== task), done: this.state.done + 1 });
    return { done: this.state.done, agent: getCurrentAgent<TaskList>().agent?.name };
  }

  @callable({ streaming: true })
  async each(stream: StreamingResponse) {
    for (const task of this.state.tasks) {
      stream.send(task);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    stream.end("end");
  }

  @callable()
  async later(seconds: number, task: string) {
    const { id, type } = await this.schedule(seconds, "add", task);
    const weekly = await this.schedule("0 9 * * 1", "add", "weekly");
    const schedules = (await this.listSchedules()).map(({ type }) => type).sort();
    await this.cancelSchedule(weekly.id);
    return { known: (await this.getScheduleById(id))?.payload, type, schedules };
  }

  @callable()
  async queued(task: string) {
    await this.queue("add", task);
  }

  @callable()
  starts() {
    return this.#starts;
  }

  @callable()
  async child() {
    try {
      await this.subAgent(TaskList, "child");
      return "a child";
    } catch (error: any) {
      return String(error.message);
    }
  }

  notCallable() {}

  /** A method that the entry of the application calls. */
  lines() {
    return this.sql<{ line: string }>`SELECT line FROM log ORDER BY id`.map(({ line }) => line);
  }

  #log(line: string) {
    this.sql`INSERT INTO log (line) VALUES (${line})`;
  }
}

export default {
  async fetch(request: Request, env: Env) {
    const [, first, name] = new URL(request.url).pathname.split("/");
    if (first === "lines") return Response.json(await (await getAgentByName(env.TaskList, name)).lines());
    return (await routeAgentRequest(request, env)) ?? new Response("no such page", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
