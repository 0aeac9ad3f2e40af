package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
)

// The bounds of a picture: bytes as it comes, and pixels a side.
const (
	MaxBytes = 100_000
	MaxSide  = 2000
)

// maxScans bounds the passes over a JPEG's pixels: a progressive one has ten or
// so, and each costs as much as all of a plain one.
const maxScans = 16

// Kind is the form of a picture.
type Kind string

// The forms there are.
const (
	PNG  Kind = "png"
	JPEG Kind = "jpg"
)

// Type is the media type (RFC 2046).
func (k Kind) Type() string {
	if k == JPEG {
		return "image/jpeg"
	}
	return "image/png"
}

// What a picture can have wrong.
var (
	ErrSize = fmt.Errorf("the picture is larger than %d bytes", MaxBytes)
	ErrSide = fmt.Errorf("the picture is more than %d pixels wide or high", MaxSide)
	ErrForm = errors.New("the picture is neither PNG nor JPEG, or is damaged")
)

// Clean returns the picture encoded anew, in the form that it came in.
func Clean(given []byte) ([]byte, Kind, error) {
	if len(given) > MaxBytes {
		return nil, "", ErrSize
	}
	kind, decode, config := PNG, png.Decode, png.DecodeConfig
	if bytes.HasPrefix(given, []byte{0xff, 0xd8}) {
		kind, decode, config = JPEG, jpeg.Decode, jpeg.DecodeConfig
	}
	if kind == JPEG && bytes.Count(given, []byte{0xff, 0xda}) > maxScans {
		return nil, "", ErrForm
	}
	shape, err := config(bytes.NewReader(given))
	if err != nil {
		return nil, "", ErrForm
	}
	if shape.Width < 1 || shape.Height < 1 || shape.Width > MaxSide || shape.Height > MaxSide {
		return nil, "", ErrSide
	}
	pixels, err := decode(bytes.NewReader(given))
	if err != nil {
		return nil, "", ErrForm
	}
	out, err := encode(pixels, kind)
	return out, kind, err
}

func encode(pixels image.Image, kind Kind) ([]byte, error) {
	var out bytes.Buffer
	if kind == JPEG {
		err := jpeg.Encode(&out, pixels, &jpeg.Options{Quality: 92})
		return out.Bytes(), err
	}
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, pixels)
	return out.Bytes(), err
}
