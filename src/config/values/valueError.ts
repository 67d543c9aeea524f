/** A text that is no value of the type asked for. The message quotes the text and says what would be right. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}
