package worker_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/lingerws/linger/worker"
)

// allBytes returns all bytes, followed by line breaks and hyphens as in the boundaries of a form.
func allBytes() []byte {
	var data []byte
	for i := range 256 {
		data = append(data, byte(i))
	}
	return append(data, "\r\n--\r\n--x--\r\n"...)
}

func TestRequestFormDataOfGoClient(t *testing.T) {
	engineOnly(t, ownGlobals)
	t.Parallel()
	a := serve(t, `export default { async fetch(request) {
		const data = await request.formData(), file = data.get("file");
		return Response.json([data.get("téxt"), file.name, file.type, await file.bytes().then((bytes) => bytes.join())]);
	} }`, worker.Options{})
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("téxt", "é\r\n€")
	file, _ := w.CreateFormFile("file", `a"b.bin`)
	_, _ = file.Write(allBytes())
	_ = w.Close()
	var numbers string
	for i, c := range allBytes() {
		if i > 0 {
			numbers += ","
		}
		numbers += fmt.Sprint(c)
	}
	want := fmt.Sprintf(`["é\r\n€","a\"b.bin","application/octet-stream",%q]`, numbers)
	got := a.do(http.MethodPost, "/", body.String(), "Content-Type", w.FormDataContentType())
	if got.StatusCode != 200 || got.body != want {
		t.Errorf("the form must be read byte by byte as %s; got %d %s", want, got.StatusCode, got.body)
	}
}

func TestScriptFetchFormData(t *testing.T) {
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		header := r.MultipartForm.File["file"][0]
		file, err := header.Open()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer func() { _ = file.Close() }()
		data, _ := io.ReadAll(file)
		_, _ = fmt.Fprintf(w, "%q %q %s %v", r.MultipartForm.Value["text"], header.Filename, header.Header.Get("Content-Type"), bytes.Equal(data, allBytes()))
	})
	a := serve(t, fmt.Sprintf(`export default { async fetch() {
		const data = new FormData(), bytes = [...Array(256).keys()];
		data.append("text", "a\nb");
		data.append("text", "é");
		data.append("file", new File([new Uint8Array(bytes), "\r\n--\r\n--x--\r\n"], "ü.bin", { type: "a/b" }));
		return fetch(%q, { method: "POST", body: data });
	} }`, server.URL), worker.Options{})
	a.get("/", 200, `["a\r\nb" "é"] "ü.bin" a/b true`)
}
