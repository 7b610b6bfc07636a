// A flight record is one file of 4,096 bytes, `rank-N.recorder`; version 2. All numbers are little-endian; times are nanoseconds of
// CLOCK_REALTIME, 0 for never.
//
//     offset   bytes    field
//     0        8        magic, `LOCKSTEP`
//     8        4        version, 2
//     12       4        the file's size, 4096
//     16       4        rank
//     20       4        world size
//     24       4        process
//     28       4        phase (Phase)
//     32       8        when the process started its recorder
//     40       8        step
//     48       8        epoch
//     56       4        operation: an index in the step program; 0xFFFFFFFF for none
//     60       4        0
//     64       8        since when the process is in this phase, step and operation
//     72       8        the sequence number of the last collective, counted from 1; 0 before the first
//     80       4        the bytes of the host's name, at most 256
//     84       4        the bytes of the message, at most 1024
//     88       256      the host's name, UTF-8
//     344      8 × 40   the last eight collectives; number s stands in slot (s − 1) mod 8:
//                         0   8   sequence number; 0 while the slot is being filled or was never used
//                         8   4   kind (CollectiveKind)
//                         12  4   0
//                         16  8   count of values
//                         24  8   when it was entered
//                         32  8   when it was left; 0 while it lasts
//     664      1024     the message, UTF-8
//     1688     8        when the process was started, in clock ticks since the host was
//     1696     2400     0
//
// What may be torn. Every number is one aligned store of 4 or 8 bytes, so that a reader sees an old one or a new one, never a mixture.
// Nothing holds them together: who reads while the process lives, or after it was killed between two stores (some nanoseconds), may
// see a new phase with the former step or time. The bytes of the message may be half old, half new. A slot that is being filled has
// the number 0 and is passed over. Everything from rank to process, the start and the host's name never change.

#if !_endian(little)
    #error("the flight record is little-endian")
#endif

/// Where the fields of a flight record stand.
enum RecordLayout {
    static let byteCount = 4096
    static let magic: UInt64 = 0x5045_5453_4B43_4F4C
    static let version: UInt32 = 2

    static let magicOffset = 0
    static let versionOffset = 8
    static let byteCountOffset = 12
    static let rankOffset = 16
    static let sizeOffset = 20
    static let processOffset = 24
    static let phaseOffset = 28
    static let startedOffset = 32
    static let stepOffset = 40
    static let epochOffset = 48
    static let operationOffset = 56
    static let sinceOffset = 64
    static let sequenceOffset = 72
    static let hostByteCountOffset = 80
    static let messageByteCountOffset = 84
    static let hostOffset = 88
    static let hostCapacity = 256
    static let slotsOffset = 344
    static let slotCount = 8
    static let slotByteCount = 40
    static let messageOffset = 664
    static let messageCapacity = 1024
    static let processStartOffset = 1688
    /// Behind these all is 0.
    static let usedByteCount = 1696

    static let noOperation = UInt32.max

    enum Slot {
        static let sequenceOffset = 0
        static let kindOffset = 8
        static let countOffset = 16
        static let enteredOffset = 24
        static let leftOffset = 32
    }

    /// The slot of collective number `sequence`, which is 1 or more.
    static func slotOffset(_ sequence: UInt64) -> Int {
        slotsOffset + Int((sequence &- 1) % UInt64(slotCount)) * slotByteCount
    }
}
