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

// maxBody is the maximum size of a message in bytes, without its number.
const maxBody = 32 << 10

// corpus is the text of which messages are excerpts.
var corpus = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 2*maxBody)
	for i := range text {
		text[i] = 'a' + byte(random.IntN(26))
	}
	return text
}()

// message returns the message of a client with a given number: text or binary, from 1 byte to
// 32 KiB, usually short. The result depends only on the arguments.
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

// readAnswer parses an answer and compares it with the message. It returns the number of the
// message and the number of messages that were handled.
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
	if err == nil && string(rest) == fmt.Sprintf("%d:%s", number, flood) {
		return number, handled, nil
	}
	if wanted, sent := message(client, number); err != nil || wanted != kind || !bytes.Equal(rest, sent) {
		return 0, 0, fmt.Errorf("an answer differs from its message: %d bytes of kind %v that begin with %.40q", len(answer), kind, answer)
	}
	return number, handled, nil
}
