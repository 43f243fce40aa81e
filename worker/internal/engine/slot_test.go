package engine

import "testing"

func TestRevealReturnsConcealedContent(t *testing.T) {
	for _, source := range []string{
		"reveal(1, made) === content",
		"Object.getPrototypeOf(made) === proto",
		"Reflect.ownKeys(made).length === 0",
		"made.own = 1, reveal(1, made) === content",
		"reveal(2, conceal(2, null, 5)) === 5",
		"reveal(1, conceal(1, proto)) === undefined",
		"reveal(1, Object.setPrototypeOf(made, null)) === content",
		"({}).toString.call(made) === '[object Object]'",
	} {
		r := open(t, Options{})
		v := eval(t, r, `const {conceal, reveal} = __host, proto = {}, content = {}, made = conceal(1, proto, content); `+source)
		if !v.Bool() {
			t.Errorf("%s should be true", source)
		}
	}
}

func TestRevealRefusesOtherObjects(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "const {conceal, reveal} = __host, made = conceal(1, {}, 'secret'); 0")
	for _, source := range []string{
		"reveal(2, made)", "reveal('1', made)", "reveal(1)", "reveal()", "reveal(1, {})", "reveal(1, Object.create(made))",
		"reveal(1, new Proxy(made, {}))", "reveal(1, new Number(1))", "reveal(1, 'text')", "reveal(1, null)", "reveal(0, Object(1))",
	} {
		if e := mustThrow(t, r, source); e.Name != "TypeError" {
			t.Errorf("%s should throw a TypeError, got %v", source, e)
		}
	}
}

func TestConcealedContentIsFreed(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "const {conceal, reveal} = __host; conceal(1, null, {}); 0")
	before := r.Memory()
	eval(t, r, "for (let i = 0; i < 100; i++) conceal(1, null, {i}); 0")
	if after := r.Memory(); after.Objects != before.Objects {
		t.Errorf("the content should be freed with its object: %d objects before, %d after", before.Objects, after.Objects)
	}
	eval(t, r, "for (let i = 0; i < 100; i++) { const content = {}; content.made = conceal(1, null, content) } 0")
	r.CollectGarbage()
	if after := r.Memory(); after.Objects != before.Objects {
		t.Errorf("cycles through a slot should be collected: %d objects before, %d after", before.Objects, after.Objects)
	}
}

func TestConcealOutOfMemory(t *testing.T) {
	exhaust(t, `const a = []; for (let i = 0; i < 1000; i++) a.push(__host.conceal(1, {}, [i]))`)
}

func TestConcealInSeveralRuntimes(t *testing.T) {
	one, other := open(t, Options{}), open(t, Options{})
	for _, r := range []*Runtime{one, other} {
		if v := eval(t, r, "__host.reveal(7, __host.conceal(7, {}, 'x'))"); v.String() != "x" {
			t.Errorf("conceal and reveal should work in every runtime, got %v", v)
		}
	}
}
