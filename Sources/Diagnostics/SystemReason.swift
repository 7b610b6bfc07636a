import Foundation

/// The system's own words for a failed file operation, without Foundation's around them.
public func reason(_ error: any Error) -> String {
    // On Linux it is no NSError that stands there, nor is it cast to one.
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError
    return underlying.map { systemText($0.code.rawValue) } ?? (error as NSError).localizedDescription
}

/// The C library's text for an error number, by default that of the call just made.
public func systemText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
