import Diagnostics
import Glibc

/// An open file or directory, closed at the end of its life. Every call that fails throws a `Failure` with the path, the system's
/// reason and what to do.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    let path: String

    /// Opens for reading without ever waiting (for the other end of a named pipe, say). The corresponding C function is `open`.
    init(reading path: String) throws(Failure) {
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        self.path = path
        if descriptor < 0 { throw systemFailure("open", path) }
    }

    /// Makes a file; nil if there is something of that name already.
    init?(creating path: String) throws(Failure) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        self.path = path
        if descriptor < 0 {
            if errno == EEXIST { return nil }
            throw systemFailure("create a file in", directory(of: path))
        }
    }

    /// Opens something that is there already for writing, a device say.
    init(writing path: String) throws(Failure) {
        descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        self.path = path
        if descriptor < 0 { throw systemFailure("open", path) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What kind of file it is and how many bytes it has.
    func status() throws(Failure) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemFailure("look at", path) }
        return status
    }

    /// Tries to become the file's only locker until it is closed, also across processes. `false` if another one is, or if the file
    /// system has no locks.
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Writes all of `bytes`, however small the pieces that the system takes; `offset` and `total` only tell how far it came.
    func write(_ bytes: UnsafeRawBufferPointer, of total: Int, from offset: Int) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            // Past the page cache nothing goes on at an odd place, and no error need be the disk's own.
            if count < rest.count, passPageCache(false) {
                rest = UnsafeRawBufferPointer(rebasing: rest[max(0, count)...])
                continue
            }
            guard count > 0 else {
                let code = count < 0 ? errno : EIO
                throw systemFailure("write", path, code, detail: " after \(offset + bytes.count - rest.count) of \(total) bytes")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Whether its file system is that of one disk of this host, as ext4 and XFS are: its device has a number then. Network file systems, memory,
    /// overlays, Btrfs and ZFS have devices of their own making, without one.
    func isOnLocalDisk() throws(Failure) -> Bool { try status().st_dev >> 8 & 0xFFF != 0 }

    /// Asks for writing past the page cache, or for no more of it; file systems need not grant it.
    ///
    /// - Returns: whether that is a change.
    @discardableResult
    func passPageCache(_ isAsked: Bool) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, (flags & Self.directFlag != 0) != isAsked else { return false }
        return fcntl(descriptor, F_SETFL, flags ^ Self.directFlag) == 0
    }

    /// `O_DIRECT`, of each architecture its own, which Glibc shows to none but those who ask for GNU's extensions.
    #if arch(arm64) || arch(arm)
        private static let directFlag: Int32 = 0o200000
    #else
        private static let directFlag: Int32 = 0o40000
    #endif

    /// Fills `bytes` with what stands at `offset`. Returns the number of bytes read: fewer only where the file ends.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(Failure) -> Int {
        var done = 0
        while done < bytes.count {
            let count = pread(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw systemFailure("read", path, detail: " at byte \(offset + done)") }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Returns once the disk has the contents. The corresponding C function is `fsync`.
    func synchronize() throws(Failure) {
        while fsync(descriptor) != 0 {
            if errno == EINTR { continue }
            throw systemFailure("bring to disk", path)
        }
    }
}

/// The directory in which `path` stands.
func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The names in a directory, in no particular order.
func names(in path: String) throws(Failure) -> [String] {
    guard let stream = opendir(path) else { throw systemFailure("list", path) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
        errno = 0
    }
    guard errno == 0 else { throw systemFailure("list", path) }
    return names
}

/// The failure of a system call: `cannot write PATH DETAIL: REASON; ADVICE`.
func systemFailure(_ action: String, _ path: String, _ code: Int32 = errno, detail: String = "") -> Failure {
    let advice =
        switch code {
        case ENOENT: "look at the path's spelling"
        case ENOSPC, EDQUOT: "make room there, or choose another directory"
        case EACCES, EPERM, EROFS: "make it accessible to this user, or choose another directory"
        case ENOTDIR: "a part of the path before its last slash is a file; choose another directory"
        case EIO: "the disk or its connection fails; look at the system's log"
        default: "mend that and try again"
        }
    return Failure(code == ENOENT ? .missing : .io, "cannot \(action) \(path)\(detail): \(systemText(code)); \(advice)")
}
