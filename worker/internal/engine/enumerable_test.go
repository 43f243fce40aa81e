package engine

import "testing"

func TestEnumerateMakesMembersEnumerable(t *testing.T) {
	for source, want := range map[string]string{
		"Object.keys(Class)":                       "make,limit",
		"Object.keys(Class.prototype)":             "size,get",
		"Object.keys(new Class())":                 "",
		"Object.getOwnPropertyNames(Class).sort()": "length,limit,make,name,prototype",
	} {
		r := open(t, Options{})
		v := eval(t, r, `
			const { enumerate } = __host;
			class Class { static make() {} static limit = 1; get size() { return 1; } get() {} [Symbol.iterator]() {} }
			enumerate(Class); enumerate(Class.prototype);
			String(`+source+`)`)
		if v.String() != want {
			t.Errorf("%s should be %q, got %q", source, want, v)
		}
	}
}

func TestEnumerateKeepsTheOtherAttributes(t *testing.T) {
	r := open(t, Options{})
	v := eval(t, r, `
		class Class { method() {} get size() { return 1; } }
		const { method } = Class.prototype;
		__host.enumerate(Class.prototype);
		const d = Object.getOwnPropertyDescriptor(Class.prototype, "method");
		d.value === method && d.writable && d.configurable && new Class().size === 1`)
	if !v.Bool() {
		t.Error("a member should keep its value, and stay writable and configurable")
	}
}

func TestEnumerateThrowsForWhatCannotBeChanged(t *testing.T) {
	r := open(t, Options{})
	for _, source := range []string{
		"__host.enumerate(Object.defineProperty({}, 'fixed', { value: 1 }))",
		"__host.enumerate(undefined)",
	} {
		if e := mustThrow(t, r, source); e.Name != "TypeError" {
			t.Errorf("%s should throw a TypeError, got %v", source, e)
		}
	}
}
