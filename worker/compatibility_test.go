package worker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestLoadRefusesInvalidCompatibility(t *testing.T) {
	t.Parallel()
	const auto, manual = "web_socket_auto_reply_to_close", "web_socket_manual_reply_to_close"
	path := write(t, "app.js", "export default { fetch() {} }")
	for _, c := range []struct {
		date  string
		flags []string
		want  string
	}{
		{"yesterday", nil, `"yesterday" is not a date: write it as 2026-11-01`},
		{"2026-02-30", nil, "is not a date"},
		{"", []string{"nodejs_compat"}, `"nodejs_compat" is not known: there are ` + auto + ", " + manual + ", assets_navigation_prefers_asset_serving and assets_navigation_has_no_effect"},
		{"", []string{auto, manual}, "exclude each other"},
	} {
		_, err := load(t, path, worker.Options{CompatibilityDate: c.date, CompatibilityFlags: c.flags})
		if failure, ok := errors.AsType[*worker.LoadError](err); !ok || !strings.Contains(failure.Error(), c.want) {
			t.Errorf("%q with %q: %s; got %v", c.date, c.flags, c.want, err)
		}
	}
}

func TestCompatibilityDateAnswersACloseOrNot(t *testing.T) {
	t.Parallel()
	const auto, manual = "web_socket_auto_reply_to_close", "web_socket_manual_reply_to_close"
	for _, c := range []struct {
		opts worker.Options
		want string // the readyState of the close event: 3 if it has been answered
	}{
		{worker.Options{}, "3"},
		{worker.Options{CompatibilityDate: "2026-04-07"}, "3"},
		{worker.Options{CompatibilityDate: "2026-04-06"}, "2"},
		{worker.Options{CompatibilityDate: "2026-04-06", CompatibilityFlags: []string{auto}}, "3"},
		{worker.Options{CompatibilityDate: "2026-11-01", CompatibilityFlags: []string{manual}}, "2"},
		{worker.Options{CompatibilityFlags: []string{manual}}, "2"},
	} {
		a := serve(t, loggingPair("", `server.addEventListener("close", () => server.close());`), c.opts)
		a.connect().close(1000, "")
		a.stdout.line(t, "close 1000  true "+c.want)
	}
}

func TestWebSocketBlobByDefaultIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	const warning = "a WebSocket got a binary message as a Blob"
	for name, c := range map[string]struct {
		set  string
		opts worker.Options
		want int
	}{
		"neither date nor binaryType": {"", worker.Options{}, 1},
		"a date":                      {"", worker.Options{CompatibilityDate: "2026-11-01"}, 0},
		"an old date":                 {"", worker.Options{CompatibilityDate: "2025-01-01"}, 0},
		"binaryType is blob":          {`server.binaryType = "blob";`, worker.Options{}, 0},
		"binaryType is arraybuffer":   {`server.binaryType = "arraybuffer";`, worker.Options{}, 0},
		"an unknown binaryType":       {`server.binaryType = "text";`, worker.Options{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, loggingPair("", c.set+`server.addEventListener("message", () => server.send("got it"));`), c.opts)
			first, second := a.connect(), a.connect()
			first.send("text")
			first.want("got it")
			a.log.never(t, warning)
			for _, socket := range []*client{first, first, second} {
				socket.sendBytes(1, 2)
				socket.want("got it")
			}
			if got := a.log.count(warning); got != c.want || c.want > 0 && a.log.count("--compatibility-date") != c.want {
				t.Errorf("there are %d warnings, and each names --compatibility-date; got %d", c.want, got)
			}
		})
	}
}
