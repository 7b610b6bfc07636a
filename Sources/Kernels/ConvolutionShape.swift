/// The geometry of a two-dimensional convolution (cross-correlation, as in every deep-learning library).
///
/// Layouts: input [N, H, W, C], weights [R, S, C/groups, K], output [N, P, Q, K], all row-major with channels contiguous.
/// Y[n,p,q,k] = Σ_{r,s,c} X[n, p·stride − padding + r·dilation, q·stride − padding + s·dilation, c] · W[r,s,c,k], where an X outside the image is 0,
/// and c runs over the C/groups input channels of the group that k belongs to.
public struct ConvolutionShape: Sendable, Equatable {
    public let height: Int, width: Int, inputChannels: Int
    public let kernelHeight: Int, kernelWidth: Int, outputChannels: Int
    public let stride: Int, padding: Int, dilation: Int, groups: Int

    public init(
        height: Int, width: Int, inputChannels: Int, kernelHeight: Int, kernelWidth: Int, outputChannels: Int,
        stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
    ) {
        self.height = height
        self.width = width
        self.inputChannels = inputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.outputChannels = outputChannels
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    public var outputHeight: Int { (height + 2 * padding - dilation * (kernelHeight - 1) - 1) / stride + 1 }
    public var outputWidth: Int { (width + 2 * padding - dilation * (kernelWidth - 1) - 1) / stride + 1 }

    public var inputCount: Int { height * width * inputChannels }
    public var outputPixels: Int { outputHeight * outputWidth }
    public var outputCount: Int { outputPixels * outputChannels }
    public var groupInputs: Int { inputChannels / groups }
    public var groupOutputs: Int { outputChannels / groups }
    /// R·S·C/groups: the columns of the im2col matrix, the terms of one output's sum.
    public var taps: Int { kernelHeight * kernelWidth * groupInputs }
    public var weightCount: Int { taps * outputChannels }
    /// Multiply-adds of one image's forward pass.
    public var multiplyAdds: Int { outputPixels * taps * outputChannels }
}
