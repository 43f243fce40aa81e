package survival

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/lingerws/linger/websocket"
)

// maxBody is the size of the longest message, without its number.
const maxBody = 32 << 10

// corpus is what the messages are cut from.
var corpus = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 2*maxBody)
	for i := range text {
		text[i] = 'a' + byte(random.IntN(26))
	}
	return text
}()

// message returns what a client sends under a number: text or binary, of 1 byte to 32 KiB
// and most often short. It is the same each time.
func message(client, number int) (websocket.MessageType, []byte) {
	random := rand.New(rand.NewPCG(uint64(client), uint64(number)))
	n := 1 + random.IntN(1<<random.IntN(16))
	from := random.IntN(len(corpus) - n)
	body := corpus[from : from+n]
	if random.IntN(2) == 0 {
		return websocket.Text, fmt.Appendf(nil, "%d:%s", number, body)
	}
	head := binary.BigEndian.AppendUint32(make([]byte, 4, 8+n), uint32(number))
	return websocket.Binary, append(head, body...)
}

// readAnswer takes an answer apart, and compares what comes back with what was sent.
func readAnswer(client int, kind websocket.MessageType, answer []byte) (number, handled int, err error) {
	rest := answer
	if kind == websocket.Text {
		count, sent, _ := strings.Cut(strings.TrimPrefix(string(answer), "echo:"), ":")
		text, _, _ := strings.Cut(sent, ":")
		handled, _ = strconv.Atoi(count)
		number, err = strconv.Atoi(text)
		rest = []byte(sent)
	} else if len(answer) >= 8 {
		handled, number = int(binary.BigEndian.Uint32(answer)), int(binary.BigEndian.Uint32(answer[4:]))
		rest = append(make([]byte, 4, len(answer)), answer[4:]...)
	}
	if wanted, sent := message(client, number); err != nil || wanted != kind || !bytes.Equal(rest, sent) {
		return 0, 0, fmt.Errorf("an answer is what was sent; got %d bytes of kind %v that begin %.40q", len(answer), kind, answer)
	}
	return number, handled, nil
}
