// What an inspection looks at (runbooks of the rules, T5), doubts about evidence, clocks and their ladder.
export const CHECKS = {
  papers: "出示执法证件，两人以上到场",
  identity: "核对企业名称、许可证与排口编号",
  treatment: "查看治污设施是否运行，记录关键参数",
  situation: "记录现场情况",
  minutes: "调取该时段分钟值与工况",
  settings: "核对基准氧、折算与量程设置",
  portable: "比对便携仪与在线值",
  calibrations: "查看台账与校准记录",
  logger: "查看数采仪通电、联网与指示灯",
  outages: "查看断电断网记录",
  "stored-data": "调取本地存储数据",
  "marks-and-care": "核对企业标记与运维记录",
  seal: "封存工控机与数采仪",
  "sampling-line": "核对采样管路是否有稀释、堵塞",
  "filed-parameters": "核对参数与备案是否一致",
  "curves-and-logs": "拷贝历史曲线与操作日志",
  valves: "查看旁路阀门与铅封号",
  "bypass-flow": "查看旁路温度与流量",
  "last-opened": "查看最近启用记录与报备",
  power: "核对产污与治污设备电量",
  reagents: "查看药剂用量与库存",
  dcs: "查看 DCS 曲线",
  measures: "核对应急减排措施是否落实",
  "stopped-processes": "核对停限产工序与电量",
  vehicles: "查看车辆进出台账",
  "fire-place": "确认火点位置与范围",
  "fire-out": "是否已扑灭",
  "fire-owner": "落实责任地块与责任人",
  "bare-soil": "裸土覆盖",
  wetting: "湿法作业与喷淋",
  "vehicle-washing": "车辆冲洗",
  fences: "围挡与道路保洁",
};

export const DOUBTS = {
  "no-place": "照片和手机都没有位置",
  "outside-fence": "拍摄位置在厂界范围以外",
  "places-differ": "照片位置与手机位置不符",
  "no-time": "照片没有拍摄时间",
  "taken-ahead": "拍摄时间晚于收到时间",
  "taken-long-ago": "拍摄时间过早",
  "times-differ": "照片时间与手机时间不符",
  "seen-before": "与其他问题的照片雷同",
  "same-photo": "与本问题另一张照片雷同",
};

export const CLOCKS = {
  assign: "交办",
  receipt: "签收",
  plan: "整改方案",
  "plan-review": "方案审核",
  rectify: "整改",
  verify: "核查",
  "verify-province": "省级核查",
  notice: "公示",
  recheck: "抽查复核",
  screen: "筛选",
  inspect: "现场检查",
};

export const LADDER = {
  urge: "催办",
  supervise: "督办",
  "listed-supervision": "挂牌督办",
  "summons-list": "列入约谈名单",
  "not-received": "超时未签收",
};

export const AIR_LEVELS = { yellow: "黄色预警", orange: "橙色预警", red: "红色预警" };

export const OWN_CHANNELS = { email: "邮件", sms: "短信" };

/** Commands of HJ 212-2017. */
export const FRAME_COMMANDS = {
  "2011": "实时数据",
  "2051": "分钟数据",
  "2061": "小时数据",
  "2031": "日数据",
  "2041": "治理设施日运行时间",
  "3019": "设备信息",
  "3020": "设备参数",
  "9014": "应答",
};

export const LETTER_STATES = { open: "待处理", replayed: "已重新注入", fixed: "修正后注入", discarded: "已丢弃" };

export const LETTER_ACTIONS = { replay: "原样重新注入", fix: "修正后注入", discard: "丢弃" };

export const LETTER_EFFECTS = {
  replay: "记录按原样写回它的分区末尾，只有当时放弃它的消费组会再次处理。适用于服务已修复的情况。",
  fix: "修改后的内容写回分区末尾，原内容仍留在死信中，决定里记有两者的散列值。",
  discard: "记录不再处理。它和决定一起留在死信主题里，不会删除。",
};

export const LETTER_REASONS = {
  undecodable: "内容无法解析",
  invalid: "内容不合契约",
  "handler-error": "处理时出错",
  "unknown-contract": "契约未知",
};
