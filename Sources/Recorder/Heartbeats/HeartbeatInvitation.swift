/// Where rank 0 listens for the heartbeats of the other ranks, and by which words both know that they belong to one run.
public struct HeartbeatInvitation: Sendable, Codable, Equatable {
    /// Numbers first, then the host's name.
    var addresses: [String]
    let port: String
    /// 16 random bytes each: what a rank says first, and what it is answered. They keep stray connections out, not an eavesdropper.
    let call: [UInt8]
    let answer: [UInt8]

    static let wordByteCount = 16
    static let greetingByteCount = 16 + wordByteCount
    private static let magic: UInt64 = 0x5441_4542_4B43_4F4C

    init(addresses: [String], port: String) {
        func word() -> [UInt8] { (0..<Self.wordByteCount).map { _ in UInt8.random(in: .min ... .max) } }
        (self.addresses, self.port, call, answer) = (addresses, port, word(), word())
    }

    func greeting(rank: Int, size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(number: Self.magic)
        bytes.append(number: UInt32(rank))
        bytes.append(number: UInt32(size))
        return bytes + call
    }

    /// The rank that greets so in a world of `size`; nil where it belongs to another run, or to none.
    func rank(of greeting: [UInt8], size: Int) -> Int? {
        let (magic, rank, worldSize): (UInt64, UInt32, UInt32) = (
            greeting.number(at: 0), greeting.number(at: 8), greeting.number(at: 12)
        )
        guard magic == Self.magic, worldSize == size, rank < worldSize, greeting.dropFirst(16).elementsEqual(call) else {
            return nil
        }
        return Int(rank)
    }
}
