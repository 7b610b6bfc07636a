// libjpeg-turbo by its TurboJPEG interface, which reports faults by return codes: JPEG images.
#pragma once
#include <turbojpeg.h>
