// Package picture takes a picture of a stranger and makes one of it that is a
// picture and nothing else: decoded to its pixels and encoded anew, so that what
// was hidden beside them — a script, another file, where a photograph was taken —
// is gone. It knows PNG and JPEG. Sizes are looked at before a pixel is.
package picture
