// Package brandcss takes the style sheet of a stranger and makes one of it that
// can change how a sign-in page looks and nothing else (Cognito: Customizing
// hosted UI (classic) branding).
//
// It is not a filter: the text is read into tokens (CSS Syntax Level 3), held
// against lists of what is allowed, and written anew from what was understood. So
// nothing of the original's comments, escapes or odd characters is left, and what
// a browser would read another way than we do cannot come out.
//
//	sheet       = { rule }
//	rule        = selector { "," selector } "{" { property ":" value ";" } "}"
//	selector    = "." class [ ":hover" | ":focus" | ":active" | ":disabled" ]
//	value       = words, numbers, lengths, colours; no url(), no var(), no expression
//
// Classes are those that Cognito documents. Properties change colours, type,
// borders, spacing and size: none moves a thing over another, takes it away, or
// loads anything.
//
// The package knows nothing of pools. Start reading at Clean.
package brandcss
