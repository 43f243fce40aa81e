package process

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	readSize = 64 << 10 // bytes that are read at once, unless a frame is larger

	// maxFrame bounds a frame of a child. It is far above the limits of messages and bodies.
	maxFrame = 1 << 30
)

// frame is a frame of a child.
type frame struct {
	kind    frameKind
	content []byte // a copy, which belongs to the frame
}

// incoming splits what a child sends into frames.
type incoming struct {
	r      io.Reader
	buffer []byte
	have   int // bytes of buffer that are not part of a frame yet
}

// next blocks until there are complete frames and returns them. The error is that of the pipe, or an errFrame.
func (in *incoming) next() ([]frame, error) {
	for {
		if in.have == len(in.buffer) {
			in.grow()
		}
		n, err := in.r.Read(in.buffer[in.have:])
		in.have += n
		frames, failure := in.split()
		if failure != nil {
			return nil, failure
		}
		if len(frames) > 0 || err != nil {
			return frames, err
		}
	}
}

// grow makes room for a frame that is larger than the buffer. The buffer doubles, so a length that a child only announces
// allocates nothing.
func (in *incoming) grow() {
	larger := make([]byte, max(readSize, 2*len(in.buffer)))
	copy(larger, in.buffer[:in.have])
	in.buffer = larger
}

// split removes the complete frames from the buffer.
func (in *incoming) split() (frames []frame, err error) {
	rest := in.buffer[:in.have]
	for len(rest) >= frameHead {
		length := int64(binary.LittleEndian.Uint32(rest))
		if length < 1 || length > maxFrame {
			return nil, fmt.Errorf("%w: its length is %d", errFrame, length)
		}
		end := frameHead + int(length)
		if len(rest) < end {
			break
		}
		content := append(make([]byte, 0, length-1), rest[frameHead+1:end]...)
		frames = append(frames, frame{frameKind(rest[frameHead]), content})
		rest = rest[end:]
	}
	in.have = copy(in.buffer, rest)
	if in.have == 0 && len(in.buffer) > maxSpare {
		in.buffer = nil
	}
	return frames, nil
}
