package web_test

import (
	"errors"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

// serialize returns the serialized value of an expression.
func (p *page) serialize(t testing.TB, code string) string {
	t.Helper()
	fn, err := p.realm.Function("serialize")
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.rt.Call(fn, engine.String(code))
	if err != nil {
		t.Fatalf("serializing %s failed: %v", code, err)
	}
	return v.String()
}

func TestSerializeAndDeserializeAcrossRuntimes(t *testing.T) {
	writer, reader := newPage(t), newPage(t)
	for code, check := range map[string]string{
		`{ room: "lobby", n: 1 }`:                         `v.room === "lobby" && v.n === 1`,
		`"é😀\ud800\0"`:                                    `v === "é😀\ud800\0"`,
		`undefined`:                                       `v === undefined`,
		`new Map([[1n, new Set([new Date(5)])]])`:         `[...v.get(1n)][0].getTime() === 5`,
		`new Uint8Array([1, 2, 255])`:                     `v instanceof Uint8Array && v.join() === "1,2,255"`,
		`new TypeError("m")`:                              `v instanceof TypeError && v.message === "m"`,
		`(() => { const a = []; a.push(a); return a })()`: `v[0] === v`,
		`[/a/g, NaN, -0]`:                                 `v[0].flags === "g" && v[1] !== v[1] && 1 / v[2] < 0`,
	} {
		t.Run(code, func(t *testing.T) {
			text := writer.serialize(t, code)
			load(t, reader, text)
			if !reader.eval(t, check).Bool() {
				t.Errorf("%s, serialized as %s, must be deserialized so that %s", code, text, check)
			}
		})
	}
}

func TestSerializeKeysAcrossRuntimes(t *testing.T) {
	writer, reader := newPage(t), newPage(t)
	writer.eval(t, `crypto.subtle.importKey("raw", new TextEncoder().encode("k"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]).then((key) => { globalThis.key = key }); undefined`)
	load(t, reader, writer.serialize(t, "({ key })"))
	reader.eval(t, `crypto.subtle.sign("HMAC", v.key, new TextEncoder().encode("m")).then((mac) => { globalThis.mac = new Uint8Array(mac).toHex() }); undefined`)
	got := reader.eval(t, `[v.key instanceof CryptoKey, v.key.extractable, v.key.usages, v.key.algorithm.hash.name, mac].join()`).String()
	want := "true,false,sign,SHA-256,b60090e3052297aeb5a080889ce2fc4bca957e756faeb4df7d31800ca1e771ec"
	if got != want {
		t.Errorf("a key has its attributes and signs in another runtime: want %s, got %s", want, got)
	}
}

// load deserializes text to the global variable v.
func load(t testing.TB, p *page, text string) {
	t.Helper()
	p.eval(t, "globalThis.v = undefined; globalThis.load = (text) => { globalThis.v = internal.deserialize(text) }")
	fn, err := p.rt.Global("load")
	if err != nil {
		t.Fatal(err)
	}
	defer fn.Release()
	if _, err := p.rt.Call(fn, engine.String(text)); err != nil {
		t.Fatalf("%s cannot be deserialized: %v", text, err)
	}
}

// FuzzDeserialize checks that a text that can be deserialized is serialized to an equivalent text, and that every other
// text is refused with a DataCloneError.
func FuzzDeserialize(f *testing.F) {
	for _, seed := range []string{
		`J{"a":[1,null,"x"]}`, `S{"$":["Map",[1,{"$":["ref",0]}]]}`, `S{"$":["View","Uint8Array",{"$":["ArrayBuffer","AQI=",null]},0,2]}`,
		`S{"$":["Array",3,{"1":{"$":["float","-0"]}}]}`, `S{"$":["Error","TypeError","m","s"]}`, `S{"$":["RegExp","a","g"]}`, `S{"$":["Object",{"$":5}]}`,
		`S[{"$":["bigint","5"]},{"$":["undefined"]},{"$":["Date",5]},{"$":["String","x"]}]`, `S{"$":["ArrayBuffer","AQ==",4]}`, `S{"$":["CryptoKey","secret"]}`, `X`, ``,
	} {
		f.Add(seed)
	}
	p := newPage(f)
	p.eval(f, `globalThis.again = (text) => {
		let value;
		try { value = internal.deserialize(text) } catch (error) { return error.name }
		const once = internal.serialize(value);
		return once === internal.serialize(internal.deserialize(once)) ? "" : once;
	}`)
	again, err := p.rt.Global("again")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := p.rt.Call(again, engine.String(text))
		var thrown *engine.Exception
		switch {
		case errors.As(err, &thrown) && thrown.Name == "DataCloneError": // deserialized, but nested too deep to be serialized
		case err != nil:
			t.Fatalf("%q ended with %v", text, err)
		case v.String() != "" && v.String() != "DataCloneError":
			t.Fatalf("%q is serialized to a different value, or fails with another error: %s", text, v)
		}
	})
}

// FuzzCloneJSON checks that structuredClone, and serialize followed by deserialize, do not change JSON values.
func FuzzCloneJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"$":["ref",0]}],"":{"__proto__":1}}`, `"\ud800"`, `[-0,1e400,null]`, `{"$":{"$":[]}}`, `[[],{},[[]]]`} {
		f.Add(seed)
	}
	p := newPage(f)
	p.eval(f, `globalThis.compare = (text) => {
		let value;
		try { value = JSON.parse(text) } catch { return "" }
		const want = JSON.stringify(value);
		for (const clone of [structuredClone(value), internal.deserialize(internal.serialize(value))]) {
			if (JSON.stringify(clone) !== want) return "got " + JSON.stringify(clone) + ", want " + want;
		}
		return "";
	}`)
	compare, err := p.rt.Global("compare")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := p.rt.Call(compare, engine.String(text))
		var thrown *engine.Exception
		if errors.As(err, &thrown) && thrown.Name == "DataCloneError" {
			return // nested too deep
		}
		if err != nil || v.String() != "" {
			t.Fatalf("the clone differs: %s (%v)", v, err)
		}
	})
}
