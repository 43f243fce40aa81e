// Package scaffold has the files of a small application, from which developers start their own.
package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"text/template"

	"github.com/lingerws/linger/worker"
)

// Options select the files.
type Options struct {
	Name       string // of the application; [PackageName] makes it valid for package.json
	JavaScript bool   // instead of TypeScript
	Runtime    string // "node", "bun" or "deno"; "" for the embedded engine
}

// File is a file of an application.
type File struct {
	Path string // relative to the application's folder, with slashes
	Text []byte
}

// The folder all has the files of every application, and the others those of a language. Files with the suffix .tmpl are templates.
//
//go:embed templates
var templates embed.FS

// Files returns the files of an application, in the order of their paths within each folder of templates.
func Files(o Options) ([]File, error) {
	language, suffix := "typescript", "ts"
	if o.JavaScript {
		language, suffix = "javascript", "js"
	}
	values := map[string]string{"Name": o.Name, "Suffix": suffix, "Runtime": o.Runtime}
	var files []File
	for _, folder := range []string{language, "all"} {
		root := path.Join("templates", folder)
		err := fs.WalkDir(templates, root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := expand(name, values)
			files = append(files, File{Path: targetName(strings.TrimPrefix(name, root+"/")), Text: text})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("scaffold: %w", err)
		}
	}
	if !o.JavaScript {
		files = append(files, File{Path: "linger.d.ts", Text: []byte(worker.Types())})
	}
	return files, nil
}

// targetName returns the name of a file in the application. The name of a hidden file has no dot among the templates.
func targetName(name string) string {
	if name == "gitignore" {
		return "." + name
	}
	return strings.TrimSuffix(name, ".tmpl")
}

// expand returns the text of a file, with the values in the place of their names if it is a template.
func expand(name string, values map[string]string) ([]byte, error) {
	text, err := templates.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".tmpl") {
		return text, err
	}
	parsed, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var expanded bytes.Buffer
	err = parsed.Execute(&expanded, values)
	return expanded.Bytes(), err
}

// notInName matches what the name of a package may not have.
var notInName = regexp.MustCompile(`[^a-z0-9._~-]+`)

// PackageName returns a name as one that is valid in package.json, "app" if nothing of it is valid.
func PackageName(name string) string {
	name = strings.Trim(notInName.ReplaceAllString(strings.ToLower(name), "-"), "-._")
	if name == "" || name == "node_modules" {
		return "app"
	}
	return name[:min(len(name), maxName)]
}

// maxName is the limit of npm.
const maxName = 214
