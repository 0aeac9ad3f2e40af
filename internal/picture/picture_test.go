package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

func sample(t testing.TB, kind Kind, width, height int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		m.Set(x, x%height, color.NRGBA{uint8(x), 90, 140, 200})
	}
	var out bytes.Buffer
	err := png.Encode(&out, m)
	if kind == JPEG {
		out.Reset()
		err = jpeg.Encode(&out, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// chunk puts a chunk behind a PNG's header, where readers skip what they do not
// know (PNG §5.3).
func chunk(picture []byte, name string, data []byte) []byte {
	head := 8 + 12 + 13
	body := append([]byte(name), data...)
	out := append([]byte{}, picture[:head]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	out = append(out, body...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	return append(out, picture[head:]...)
}

// Nothing that stands beside the pixels comes out again.
func TestClean(t *testing.T) {
	t.Parallel()
	const script = "<script>alert(1)</script>"
	for what, c := range map[string]struct {
		given []byte
		kind  Kind
	}{
		"PNG":                 {sample(t, PNG, 350, 178), PNG},
		"JPEG":                {sample(t, JPEG, 350, 178), JPEG},
		"a page behind it":    {append(sample(t, PNG, 20, 20), script...), PNG},
		"behind a JPEG":       {append(sample(t, JPEG, 20, 20), script...), JPEG},
		"a page in a comment": {chunk(sample(t, PNG, 20, 20), "tEXt", []byte("Comment\x00"+script)), PNG},
	} {
		out, kind, err := Clean(c.given)
		if err != nil || kind != c.kind {
			t.Errorf("%s: %s, %v", what, kind, err)
			continue
		}
		if bytes.Contains(out, []byte("script")) {
			t.Errorf("%s: the script came out again", what)
		}
		was, _, err := image.Decode(bytes.NewReader(c.given))
		if err != nil {
			t.Fatal(err)
		}
		is, _, err := image.Decode(bytes.NewReader(out))
		if err != nil || is.Bounds() != was.Bounds() {
			t.Errorf("%s: what came out: %v, %v", what, is.Bounds(), err)
		}
		if again, _, err := Clean(out); err != nil || kind == PNG && !bytes.Equal(again, out) {
			t.Errorf("%s: cleaned again it is another: %v", what, err)
		}
	}
}

// wide is a PNG whose header claims a size, with no pixels to it.
func wide(width, height uint32) []byte {
	head := binary.BigEndian.AppendUint32(nil, width)
	head = binary.BigEndian.AppendUint32(head, height)
	head = append(head, 8, 6, 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	body := append([]byte("IHDR"), head...)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

func TestHostilePictures(t *testing.T) {
	t.Parallel()
	good := sample(t, PNG, 20, 20)
	for what, c := range map[string]struct {
		given []byte
		want  error
	}{
		"nothing":           {nil, ErrForm},
		"an SVG":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), ErrForm},
		"a page":            {[]byte("<html><script>alert(1)</script>"), ErrForm},
		"a GIF":             {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), ErrForm},
		"a PDF":             {[]byte("%PDF-1.7"), ErrForm},
		"a header alone":    {good[:33], ErrForm},
		"cut":               {good[:len(good)-20], ErrForm},
		"only JPEG's start": {[]byte{0xff, 0xd8, 0xff, 0xe0}, ErrForm},
		"too large":         {append(append([]byte{}, good...), strings.Repeat("x", MaxBytes)...), ErrSize},
		"a bomb":            {wide(50000, 50000), ErrSide},
		"a long line":       {wide(1<<31-1, 1), ErrSide},
		"one too wide":      {sample(t, PNG, MaxSide+1, 1), ErrSide},
		"one too high":      {sample(t, PNG, 1, MaxSide+1), ErrSide},
		"many scans":        {append(sample(t, JPEG, 20, 20), bytes.Repeat([]byte{0xff, 0xda}, maxScans)...), ErrForm},
	} {
		if out, _, err := Clean(c.given); !errors.Is(err, c.want) || out != nil {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}
