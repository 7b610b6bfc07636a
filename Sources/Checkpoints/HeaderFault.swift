/// What is wrong with the contents of a file, before the file's name is known: `CheckpointFile` makes a `Failure` of it.
struct HeaderFault: Error {
    let text: String

    init(_ text: String) { self.text = text }
}
