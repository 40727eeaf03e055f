export declare function refuseInstall(version: string): string | undefined;
export declare function refuseSource(version: string | undefined, platform: string): string | undefined;
