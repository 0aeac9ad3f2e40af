// Package csvrows reads the rows of a user import file as Cognito describes it
// (Amazon Cognito Developer Guide, "Formatting the CSV file"): one row a line,
// cells between commas, a backslash before a comma that belongs to a cell, blanks
// around a cell ignored, UTF-8. What spreadsheets write is read too: a byte order
// mark, CRLF, and cells in quotation marks (RFC 4180), but for line breaks inside
// them. So each line stands alone: a faulty one spoils no other, reading can go on
// at any of them, and no more than one row is in memory.
//
// It knows nothing of columns, users or pools. Start with [Reader.Next].
package csvrows
