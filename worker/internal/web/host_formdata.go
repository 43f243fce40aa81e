package web

import (
	"crypto/rand"
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/formdata"
	"github.com/lingerws/linger/worker/internal/web/mimetype"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// formDataFunctions are the host functions of the bundle formdata.
var formDataFunctions = map[string]engine.HostFunc{"parseFormData": parseFormData, "formatFormData": formatFormData}

// parseFormData(type, body) parses the body of a form with the value of its Content-Type. It returns a flat list with five
// elements for each entry: its name, the name of its file or null, the text of the entry or the type of the file, and the
// positions in the body at which the file begins and ends.
func parseFormData(args []engine.Value) (engine.Value, error) {
	given, body := argument(args, 0).String(), argument(args, 1).Bytes()
	kind, _ := mimetype.Parse(given)
	switch kind.Essence {
	case "application/x-www-form-urlencoded":
		return urlencodedEntries(weburl.ParseForm(textcodec.Lossy(string(body)))), nil
	case "multipart/form-data":
		boundary, ok := kind.Parameter("boundary")
		if !ok {
			return engine.Undefined(), typeError("formData: the content type multipart/form-data has no boundary")
		}
		parts, err := formdata.Parse(body, boundary)
		if err != nil {
			return engine.Undefined(), typeError("formData: " + err.Error())
		}
		return multipartEntries(parts), nil
	}
	return engine.Undefined(), typeError(fmt.Sprintf("formData: the content type %q is not that of a form: it must be multipart/form-data or application/x-www-form-urlencoded", given))
}

// urlencodedEntries returns the result of parseFormData for names and values.
func urlencodedEntries(pairs []string) engine.Value {
	list := make([]engine.Value, 0, len(pairs)/2*5)
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, engine.String(pairs[i]), engine.Null(), engine.String(pairs[i+1]), engine.Int(0), engine.Int(0))
	}
	return engine.List(list...)
}

// multipartEntries returns the result of parseFormData for parts.
func multipartEntries(parts []formdata.Part) engine.Value {
	list := make([]engine.Value, 0, len(parts)*5)
	for _, p := range parts {
		filename, text := engine.Null(), p.Type
		if p.IsFile {
			filename = engine.String(p.Filename)
		} else {
			text = string(p.Content)
		}
		list = append(list, engine.String(p.Name), filename, engine.String(textcodec.Lossy(text)), engine.Int(p.Start), engine.Int(p.Start+len(p.Content)))
	}
	return engine.List(list...)
}

// formatFormData(entries) returns the boundary and the body of a flat list with four elements for each entry: its name, the
// name of its file or null, the type of the file, and the text or the bytes.
func formatFormData(args []engine.Value) (engine.Value, error) {
	list := argument(args, 0).List()
	if len(list) > 4*formdata.MaxParts {
		return engine.Undefined(), typeError(fmt.Sprintf("a form with more than %d entries cannot be a body", formdata.MaxParts))
	}
	parts := make([]formdata.Part, len(list)/4)
	for i := range parts {
		entry := list[4*i : 4*i+4]
		parts[i] = formdata.Part{
			Name: entry[0].String(), IsFile: entry[1].Kind() == engine.KindString, Filename: entry[1].String(), Type: entry[2].String(), Content: entry[3].Content(),
		}
	}
	boundary := "----formdata-" + rand.Text()
	return engine.List(engine.String(boundary), engine.Bytes(formdata.Format(parts, boundary))), nil
}
