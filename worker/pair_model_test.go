package worker_test

import (
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// model calls the methods of both ends of a pair in random order, checks the events of each end, and prints the violations that
// it finds.
const model = `
	const random = (seed) => () => ((seed = Math.imul(seed, 1103515245) + 12345) >>> 8) / 2 ** 24;
	const sleep = (time) => new Promise((done) => setTimeout(done, time));
	const codes = [1000, 3000, 4999, undefined];

	async function play(seed, wrong) {
		const next = random(seed), pick = (list) => list[Math.floor(next() * list.length)];
		const ends = [...new WebSocketPair()].map((socket) => ({ socket, sent: [], got: [], closes: 0, closed: false, half: false, accepted: false }));
		ends.forEach((end, i) => {
			const { socket } = end;
			const problem = (text) => wrong.push("seed " + seed + ", end " + i + ": " + text);
			socket.onmessage = async ({ data }) => {
				if (end.closes > 0) problem("a message after the close event");
				end.got.push(data);
				if (end.slow) await sleep(1);
			};
			socket.onerror = () => { if (end.closes > 0) problem("an error after the close event"); };
			socket.onclose = ({ code, wasClean }) => {
				end.closes++;
				if (socket.readyState !== 3 && !(end.half && socket.readyState === 2)) problem("readyState " + socket.readyState + " in the close event");
				if (wasClean !== (code !== 1006)) problem("clean is " + wasClean + " with " + code);
			};
			end.act = () => {
				switch (pick(["accept", "send", "send", "close", "wait"])) {
					case "accept":
						if (!end.accepted) end.half = next() < 0.5;
						socket.accept({ allowHalfOpen: end.half });
						end.accepted = true;
						end.slow = next() < 0.5;
						break;
					case "send":
						try {
							socket.send(String(end.sent.length));
							end.sent.push(String(end.sent.length));
						} catch (error) {
							if (end.accepted && socket.readyState === 1) problem("send throws while it is open: " + error);
						}
						break;
					case "close":
						try {
							socket.close(pick(codes));
							end.closed = true;
						} catch (error) {
							if (end.accepted) problem("close throws: " + error);
						}
						break;
					case "wait":
						return sleep(pick([0, 1, 2]));
				}
			};
		});
		for (let i = 0; i < 16; i++) await pick(ends).act();
		return () => ends.forEach((end, i) => {
			const other = ends[1 - i];
			const wanted = end.accepted && (end.closed || other.closed) ? 1 : 0;
			if (end.closes !== wanted) wrong.push("seed " + seed + ", end " + i + ": " + end.closes + " close events, not " + wanted);
			if (other.sent.slice(0, end.got.length).join() !== end.got.join()) wrong.push("seed " + seed + ", end " + i + ": got " + end.got + " of " + other.sent);
			if (end.accepted && !end.closed && !other.closed && other.accepted && end.got.length !== other.sent.length) wrong.push("seed " + seed + ", end " + i + ": lost messages");
		});
	}

	async function playAll() {
		const wrong = [];
		const checks = await Promise.all(Array.from({ length: 30 }, (_, i) => play(1 + 7919 * i, wrong)));
		await sleep(2500); // longer than the timeout of an end that is never closed
		for (const check of checks) check();
		console.log("found", JSON.stringify(wrong.slice(0, 20)));
	}

	export default {
		fetch(request, env, ctx) {
			ctx.waitUntil(playAll());
			return new Response("begun");
		},
	};`

func TestPairModel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, overlap := range []bool{false, true} {
			a := serveInMemory(t, model, worker.Options{EventTimeout: time.Second, Overlap: overlap})
			a.get("/", 200, "begun")
			if found := a.stdout.line(t, "found "); found != "found []" {
				t.Errorf("with overlap %v there is no violation; got %s", overlap, found)
			}
			a.log.never(t, "level=ERROR")
		}
	})
}
