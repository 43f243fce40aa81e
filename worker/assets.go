package worker

import (
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/lingerws/linger/worker/internal/assets"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// openAssets opens the folder of static files, which each generation does: its rules may have changed. It returns nil if there is none. The
// site is closed when it is not in use any more, by the finalizer of [os.Root].
func openAssets(c *configuration) (*assets.Site, error) {
	o := c.opts.Assets
	if o.Directory == "" {
		return nil, nil
	}
	site, err := assets.Open(assets.Options{
		Directory: o.Directory, HTMLHandling: o.HTMLHandling, NotFoundHandling: o.NotFoundHandling,
		ScriptFirst: o.RunWorkerFirst, CacheControl: o.CacheControl, Navigations: c.compatibility.navigations,
	})
	if err != nil {
		return nil, problem("assets: " + err.Error())
	}
	return site, nil
}

// warnOfAssets logs the warnings about the files that configure the static files.
func (a *App) warnOfAssets(g *generation) {
	if g.site == nil {
		return
	}
	for _, w := range g.site.Warnings()[:min(maxWarnings, len(g.site.Warnings()))] {
		g.warn(a, Problem{File: filepath.Join(g.opts.Assets.Directory, w.File), Line: w.Line, Column: 1, Text: w.Text})
	}
}

// site returns the static files, nil if there are none.
func (a *App) site() *assets.Site { return a.generation.Load().site }

// serveAsset answers a request with a static file. It returns false if the script gets the request.
func (a *App) serveAsset(w http.ResponseWriter, r *http.Request) bool {
	site := a.site()
	if site == nil {
		return false
	}
	file := site.Before(r)
	if file == nil {
		return false
	}
	bounded := &boundedWriter{ResponseWriter: w, control: http.NewResponseController(w), timeout: a.config().opts.Server.WriteTimeout}
	file.ServeHTTP(bounded, r)
	bounded.end()
	return true
}

// boundedWriter bounds the time in which a client reads each piece of a file.
type boundedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration // 0 or less means no bound
	wrote   bool
}

// Write writes a piece of a file, of which ServeContent passes at most 32 KiB.
func (w *boundedWriter) Write(p []byte) (int, error) {
	w.wrote = true
	if w.timeout > 0 {
		_ = w.control.SetWriteDeadline(time.Now().Add(w.timeout)) // fails if the program's transport has no deadlines
	}
	return w.ResponseWriter.Write(p)
}

// filePiece is the length of a piece that is sent without passing through the process, in bytes.
const filePiece = 64 << 10

// ReadFrom implements io.ReaderFrom. ServeContent passes a part of a file, which the system sends piece by piece where it can.
func (w *boundedWriter) ReadFrom(from io.Reader) (total int64, err error) {
	part, ok := from.(*io.LimitedReader)
	to, direct := w.ResponseWriter.(io.ReaderFrom)
	if !ok || !direct {
		return io.Copy(struct{ io.Writer }{w}, from)
	}
	w.wrote = true
	for part.N > 0 && err == nil {
		if w.timeout > 0 {
			_ = w.control.SetWriteDeadline(time.Now().Add(w.timeout))
		}
		var n int64
		n, err = to.ReadFrom(&io.LimitedReader{R: part.R, N: min(part.N, filePiece)})
		part.N -= n
		total += n
		if n == 0 {
			break
		}
	}
	return total, err
}

// end sends what is buffered, and ends the bound: the connection may get another request.
func (w *boundedWriter) end() {
	if w.wrote && w.timeout > 0 {
		_ = w.control.Flush()
		_ = w.control.SetWriteDeadline(time.Time{})
	}
}

// Unwrap returns the writer for [http.ResponseController].
func (w *boundedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// FetchAsset implements [script.Requests].
func (h *hostAPI) FetchAsset(number int, r *fetch.Request) error {
	r.SetHandler(h.generation.site)
	return h.Fetch(number, 0, r, script.Body{})
}
