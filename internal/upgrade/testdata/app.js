// The application of the tests. Each message is a command: what is before the first space. A connection's data counts the
// messages that were handled, so an event that fails is not counted.

const engine = crypto.randomUUID();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

addEventListener("websocketupgrade", async (event) => {
	const query = new URL(event.request.url).searchParams;
	if (query.has("fetch")) await fetch(query.get("fetch"));
	const options = { data: { handled: 0, name: query.get("name"), kept: null }, halfOpen: query.has("half") };
	if (query.has("protocol")) options.protocol = query.get("protocol");
	const connection = event.accept(options);
	if (query.has("channel")) connection.subscribe(query.get("channel"));
	connection.send("id " + connection.id);
});

const commands = {
	// Answers with the same text.
	async echo(connection, text, handled) {
		if (Math.random() < 0.3) await pause(Math.random() * 5);
		connection.data.handled = handled;
		connection.send("echo " + handled + " " + text);
	},
	// Publishes a text to the channel news. It takes so long that such an event is in progress at most freezes.
	async publish(connection, text, handled) {
		await pause(Math.random() * 30);
		connection.data.handled = handled;
		clients.publish("news", "news " + connection.data.name + " " + text);
		connection.send("echo " + handled + " " + text);
	},
	// Sends 200 messages of 1 KiB, and then answers.
	many(connection, text, handled) {
		connection.data.handled = handled;
		for (let i = 0; i < 200; i++) connection.send("many " + i + " " + "x".repeat(1024));
		connection.send("echo " + handled + " " + text);
	},
	// Awaits the answer of a server before it answers.
	async wait(connection, text, handled) {
		await fetch(text);
		connection.data.handled = handled;
		connection.send("waited " + handled + " " + engine);
	},
	never: () => new Promise(() => {}),
	keep: (connection, text) => (connection.data.kept = text),
	kept: (connection) => connection.send("kept " + connection.data.kept),
	engine: (connection) => connection.send("engine " + engine),
	whoami: (connection) =>
		connection.send(["i am", connection.id, connection.protocol, connection.url, connection.headers.get("origin"), connection.remoteAddress, connection.data.name].join(" ")),
	subscribe: (connection, text) => connection.subscribe(text),
	unsubscribe: (connection, text) => connection.unsubscribe(text),
	close(connection, text) {
		const [code, ...reason] = text.split(" ");
		connection.close(Number(code), reason.join(" "));
	},
	async other(connection, text) {
		const [id, command] = text.split(" ", 2);
		await commands[command](await clients.get(id), text.slice(id.length + command.length + 2), 0);
	},
	loop() { for (;;); },
	hoard() { for (const all = []; ; ) all.push(new Uint8Array(1 << 16).fill(1)); },
	throw() { throw new Error("thrown by the test"); },
};

addEventListener("websocketmessage", ({ source, data }) => {
	const handled = source.data.handled + 1;
	if (typeof data !== "string") {
		source.data.handled = handled;
		new DataView(data).setUint32(0, handled);
		return source.send(data);
	}
	const [command] = data.split(" ", 1);
	return commands[command](source, data.slice(command.length + 1), handled);
});

addEventListener("websocketpeerclose", ({ source, code }) => source.send("peer closed " + code));

addEventListener("websocketclose", ({ source, code, initiator, wasClean }) => {
	console.log("closed", source.data.name, code, initiator, wasClean, source.data.handled);
});

addEventListener("fetch", async (event) => {
	event.respondWith(new Response("VERSION"));
});
