/** A text is not a value of the expected type. The message quotes the text and says what would be right. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}
