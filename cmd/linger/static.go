package main

import (
	"cmp"
	"fmt"

	"github.com/lingerws/linger/worker"
)

// staticFlags are the flags for the static files of an application.
type staticFlags struct {
	StaticDir          string `reload:"live" path:"file" placeholder:"DIR" help:"Folder of static files, which are served to GET and HEAD requests before the application gets them. Default: assets of the wrangler file."`
	StaticNotFound     string `reload:"live" placeholder:"KIND" help:"Answer to a request for a page that neither a file nor the application has: none; 404-page, the nearest 404.html; or single-page-application, index.html. Default: none."`
	StaticCacheControl string `reload:"live" placeholder:"TEXT" help:"Cache-Control of the answers with static files. A file _headers in the folder can set it for some of them. Default: public, max-age=0, must-revalidate."`
}

// Validate reports a kind that does not exist. kong calls it.
func (f staticFlags) Validate() error {
	switch f.StaticNotFound {
	case "", "none", "404-page", "single-page-application":
		return nil
	}
	return fmt.Errorf("--static-not-found: %q is not none, 404-page or single-page-application", f.StaticNotFound)
}

// applyStatic replaces the settings that are given in those of a wrangler file.
func (f staticFlags) applyStatic(a *worker.Assets) {
	a.Directory = cmp.Or(f.StaticDir, a.Directory)
	a.NotFoundHandling = cmp.Or(f.StaticNotFound, a.NotFoundHandling)
	a.CacheControl = cmp.Or(f.StaticCacheControl, a.CacheControl)
}
