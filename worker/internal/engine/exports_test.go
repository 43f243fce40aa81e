package engine

import (
	"errors"
	"testing"
)

func TestPromiseExports(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, `globalThis.look = (exports) => {
		globalThis.seen = [Object.keys(exports).join(), exports.default.name, exports.one, exports.none].join();
		if (exports.one !== 1) throw new RangeError("not one");
	}`)
	look, err := r.Global("look")
	if err != nil {
		t.Fatal(err)
	}
	defer look.Release()
	if err := module(t, r, "export const one = await 1; export default { name: 'app' };").Exports(look); err != nil {
		t.Fatalf("the function should be called with the namespace of the module, got %v", err)
	}
	if v := eval(t, r, "seen"); v.String() != "default,one,app,1," {
		t.Errorf("exports should be the properties of the namespace, got %v", v)
	}
	var thrown *Exception
	if err := module(t, r, "export const one = 2; export default {};").Exports(look); !errors.As(err, &thrown) || thrown.Name != "RangeError" {
		t.Errorf("Exports should return the exception of the function, got %v", err)
	}
	p := module(t, r, "export const one = 1")
	p.Release()
	if err := p.Exports(look); !errors.Is(err, ErrReleased) {
		t.Errorf("Exports of a released promise should return ErrReleased, got %v", err)
	}
	if err := module(t, r, "export const one = 1; export default {}").Exports(nil); !errors.Is(err, ErrReleased) {
		t.Errorf("Exports with nil should return ErrReleased, got %v", err)
	}
}
