package web_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/web"
)

func TestNewPreludeRefusesModulesThatCannotBeBundled(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"a syntax error":          {"let = ;", "index.js:1"},
		"a missing module":        {`import "./nowhere.js"`, "nowhere.js"},
		"a missing module of web": {`import "web/nowhere.js"`, "nowhere.js"},
		"a name not exported":     {`import { nothing } from "web/event.js"; nothing()`, "nothing"},
		"a package":               {`import "left-pad"`, `neither a relative path nor in one of "web/", "worker/"`},
		"a path out of the top":   {`import "../secret.js"`, "secret.js"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := web.NewPrelude(fstest.MapFS{"index.js": {Data: []byte(c.source)}})
			var failed *bundle.Error
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error must be a *bundle.Error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestNewPreludeNeedsAnIndex(t *testing.T) {
	if _, err := web.NewPrelude(fstest.MapFS{}); err == nil {
		t.Error("modules without index.js must be refused")
	}
}
