package worker

import (
	"net/http"
	"path/filepath"

	"github.com/lingerws/linger/worker/internal/assets"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// openAssets opens the folder of static files. It returns nil if there is none.
func (a *App) openAssets() (*assets.Site, error) {
	o := a.opts.Assets
	if o.Directory == "" {
		return nil, nil
	}
	site, err := assets.Open(assets.Options{
		Directory: o.Directory, HTMLHandling: o.HTMLHandling, NotFoundHandling: o.NotFoundHandling,
		ScriptFirst: o.RunWorkerFirst, Navigations: a.compatibility.navigations,
	})
	if err != nil {
		return nil, problem("assets: " + err.Error())
	}
	return site, nil
}

// warnOfAssets logs the warnings about the files that configure the static files, with the first version.
func (a *App) warnOfAssets(g *generation) {
	if a.site == nil || g.number > 1 {
		return
	}
	for _, w := range a.site.Warnings()[:min(maxWarnings, len(a.site.Warnings()))] {
		g.warn(a, Problem{File: filepath.Join(a.opts.Assets.Directory, w.File), Line: w.Line, Column: 1, Text: w.Text})
	}
}

func (a *App) closeAssets() {
	if a.site != nil {
		_ = a.site.Close()
	}
}

// assetFor returns the handler of a request that is answered with a static file, nil if the script gets the request.
func (a *App) assetFor(r *http.Request) http.Handler {
	if a.site == nil {
		return nil
	}
	return a.site.Before(r)
}

// FetchAsset implements [script.Requests].
func (h *hostAPI) FetchAsset(number int, r *fetch.Request) error {
	r.SetHandler(h.app.site)
	return h.Fetch(number, r, script.Body{})
}
